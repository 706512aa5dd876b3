/// One-dimensional arrays as parameters. An array without elements is an empty array, not null.
///
/// The format: dimensions, a flag for nulls, the element's type, length and first index; then each element as a length
/// and its bytes. Source: PostgreSQL 15, `src/backend/utils/adt/arrayfuncs.c`, `array_send`.
extension Parameters {
    /// Appends a `smallint[]`.
    package mutating func int2Array(_ values: [Int16]) { integers(values, .int2Array, of: .int2) }

    /// Appends an `integer[]`.
    package mutating func int4Array(_ values: [Int32]) { integers(values, .int4Array, of: .int4) }

    /// Appends a `bigint[]`.
    package mutating func int8Array(_ values: [Int64]) { integers(values, .int8Array, of: .int8) }

    /// Appends a `smallint[]` with nulls.
    package mutating func int2Array(optional values: [Int16?]) { optionals(values, .int2Array, of: .int2) }

    /// Appends an `integer[]` with nulls.
    package mutating func int4Array(optional values: [Int32?]) { optionals(values, .int4Array, of: .int4) }

    /// Appends a `bigint[]` with nulls.
    package mutating func int8Array(optional values: [Int64?]) { optionals(values, .int8Array, of: .int8) }

    /// Appends a `double precision[]`.
    package mutating func float8Array(_ values: [Double]) {
        integers(values.map(\.bitPattern), .float8Array, of: .float8)
    }

    /// Appends a `boolean[]`.
    package mutating func boolArray(_ values: [Bool]) {
        integers(values.map { $0 ? 1 as UInt8 : 0 }, .boolArray, of: .bool)
    }

    /// Appends a `timestamptz[]`, in microseconds since 1970-01-01 UTC.
    package mutating func timestampArray(_ values: [Int64]) {
        integers(values.map(PostgresEpoch.since2000), .timestamptzArray, of: .timestamptz)
    }

    /// Appends a `timestamptz[]` with nulls, in microseconds since 1970-01-01 UTC.
    package mutating func timestampArray(optional values: [Int64?]) {
        optionals(values.map { $0.map(PostgresEpoch.since2000) }, .timestamptzArray, of: .timestamptz)
    }

    /// Appends a `uuid[]` of high and low 64 bits.
    package mutating func uuidArray(_ values: [(high: UInt64, low: UInt64)]) {
        array(.uuidArray, of: .uuid, count: values.count, hasNulls: false) { parameters in
            for value in values {
                parameters.put(16 as Int32)
                parameters.put(value.high)
                parameters.put(value.low)
            }
        }
    }

    /// Appends a `text[]`.
    package mutating func textArray(_ values: [String]) {
        array(.textArray, of: .text, count: values.count, hasNulls: false) { parameters in
            for value in values {
                parameters.element(value)
            }
        }
    }

    /// Appends a `text[]` with nulls.
    package mutating func textArray(optional values: [String?]) {
        array(.textArray, of: .text, count: values.count, hasNulls: values.contains(nil)) { parameters in
            for value in values {
                if let value { parameters.element(value) } else { parameters.put(-1 as Int32) }
            }
        }
    }

    /// Appends a `bytea[]`.
    package mutating func byteaArray(_ values: some Collection<some Collection<UInt8>>) {
        byteStrings(values, .byteaArray, of: .bytea)
    }

    /// Appends a `bytea[]` with nulls.
    package mutating func byteaArray<Bytes: Collection<UInt8>>(optional values: some Collection<Bytes?>) {
        byteStrings(optional: values, .byteaArray, of: .bytea)
    }

    /// Appends a `json[]` of texts.
    package mutating func jsonArray(_ values: some Collection<some Collection<UInt8>>) {
        byteStrings(values, .jsonArray, of: .json)
    }

    /// Appends a `json[]` of texts with nulls.
    package mutating func jsonArray<Bytes: Collection<UInt8>>(optional values: some Collection<Bytes?>) {
        byteStrings(optional: values, .jsonArray, of: .json)
    }
}

extension Parameters {
    /// Writes elements of one width in one go: a claim or a settlement passes a thousand at a time.
    private mutating func integers<Element: FixedWidthInteger>(
        _ values: [Element],
        _ type: PostgresType,
        of element: PostgresType
    ) {
        let width = MemoryLayout<Element>.size
        array(type, of: element, count: values.count, hasNulls: false) { parameters in
            let start = parameters.bytes.count
            parameters.bytes.append(contentsOf: repeatElement(0, count: values.count * (4 + width)))
            unsafe parameters.bytes.withUnsafeMutableBytes { buffer in
                var offset = start
                for value in values {
                    unsafe buffer.storeBytes(of: Int32(width).bigEndian, toByteOffset: offset, as: Int32.self)
                    unsafe buffer.storeBytes(of: value.bigEndian, toByteOffset: offset + 4, as: Element.self)
                    offset += 4 + width
                }
            }
        }
    }

    private mutating func optionals<Element: FixedWidthInteger>(
        _ values: [Element?],
        _ type: PostgresType,
        of element: PostgresType
    ) {
        array(type, of: element, count: values.count, hasNulls: values.contains(nil)) { parameters in
            parameters.bytes.reserveCapacity(parameters.bytes.count + values.count * (4 + MemoryLayout<Element>.size))
            for value in values {
                guard let value else {
                    parameters.put(-1 as Int32)
                    continue
                }
                parameters.put(Int32(MemoryLayout<Element>.size))
                parameters.put(value)
            }
        }
    }

    private mutating func byteStrings(
        _ values: some Collection<some Collection<UInt8>>,
        _ type: PostgresType,
        of element: PostgresType
    ) {
        array(type, of: element, count: values.count, hasNulls: false) { parameters in
            for value in values {
                parameters.element(value)
            }
        }
    }

    private mutating func byteStrings<Bytes: Collection<UInt8>>(
        optional values: some Collection<Bytes?>,
        _ type: PostgresType,
        of element: PostgresType
    ) {
        let hasNulls = values.contains { $0 == nil }
        array(type, of: element, count: values.count, hasNulls: hasNulls) { parameters in
            for value in values {
                if let value { parameters.element(value) } else { parameters.put(-1 as Int32) }
            }
        }
    }

    private mutating func element(_ value: String) {
        put(Self.checkedLength(value.utf8.count))
        put(value)
    }

    private mutating func element(_ value: some Collection<UInt8>) {
        put(Self.checkedLength(value.count))
        put(value)
    }

    private mutating func array(
        _ type: PostgresType,
        of element: PostgresType,
        count: Int,
        hasNulls: Bool,
        _ elements: (inout Parameters) -> Void
    ) {
        value(type) { parameters in
            parameters.put(count == 0 ? 0 : 1 as Int32)
            parameters.put(hasNulls ? 1 : 0 as Int32)
            parameters.put(element.oid)
            guard count > 0 else { return }
            parameters.put(Self.checkedLength(count))
            parameters.put(1 as Int32)
            elements(&parameters)
        }
    }
}
