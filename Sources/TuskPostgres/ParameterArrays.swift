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

    /// Appends a `timestamptz[]`, in microseconds since 1970-01-01 UTC.
    package mutating func timestampArray(_ values: [Int64]) {
        integers(values.map(PostgresEpoch.since2000), .timestamptzArray, of: .timestamptz)
    }

    /// Appends a `timestamptz[]` with nulls, in microseconds since 1970-01-01 UTC.
    package mutating func timestampArray(optional values: [Int64?]) {
        optionals(values.map { $0.map(PostgresEpoch.since2000) }, .timestamptzArray, of: .timestamptz)
    }

    /// Appends a `text[]`.
    package mutating func textArray(_ values: [String]) {
        let size = values.reduce(0) { $0 + 4 + $1.utf8.count }
        array(.textArray, of: .text, count: values.count, elementBytes: size, hasNulls: false) { writer in
            for value in values {
                writer.text(value)
            }
        }
    }

    /// Appends a `text[]` with nulls.
    package mutating func textArray(optional values: [String?]) {
        let size = values.reduce(0) { $0 + 4 + ($1?.utf8.count ?? 0) }
        let hasNulls = values.contains { $0 == nil }
        array(.textArray, of: .text, count: values.count, elementBytes: size, hasNulls: hasNulls) { writer in
            for value in values {
                if let value { writer.text(value) } else { writer.null() }
            }
        }
    }

    /// Appends a `bytea[]`.
    package mutating func byteaArray(_ values: [[UInt8]]) { byteStrings(values, .byteaArray, of: .bytea) }

    /// Appends a `bytea[]` with nulls.
    package mutating func byteaArray(optional values: [[UInt8]?]) {
        byteStrings(optional: values, .byteaArray, of: .bytea)
    }

    /// Appends a `json[]` of texts.
    package mutating func jsonArray(_ values: [[UInt8]]) { byteStrings(values, .jsonArray, of: .json) }

    /// Appends a `json[]` of texts with nulls.
    package mutating func jsonArray(optional values: [[UInt8]?]) {
        byteStrings(optional: values, .jsonArray, of: .json)
    }
}

/// The buffer grows once for an array, and its elements are written in place: a claim or a settlement passes a thousand
/// at a time.
extension Parameters {
    private mutating func integers<Element: FixedWidthInteger>(
        _ values: [Element],
        _ type: PostgresType,
        of element: PostgresType
    ) {
        let width = MemoryLayout<Element>.size
        let size = values.count * (4 + width)
        array(type, of: element, count: values.count, elementBytes: size, hasNulls: false) { writer in
            for value in values {
                writer.integer(Int32(width))
                writer.integer(value)
            }
        }
    }

    private mutating func optionals<Element: FixedWidthInteger>(
        _ values: [Element?],
        _ type: PostgresType,
        of element: PostgresType
    ) {
        let width = MemoryLayout<Element>.size
        let size = values.reduce(0) { $0 + 4 + ($1 == nil ? 0 : width) }
        let hasNulls = size < values.count * (4 + width)
        array(type, of: element, count: values.count, elementBytes: size, hasNulls: hasNulls) { writer in
            for value in values {
                if let value {
                    writer.integer(Int32(width))
                    writer.integer(value)
                } else {
                    writer.null()
                }
            }
        }
    }

    private mutating func byteStrings(_ values: [[UInt8]], _ type: PostgresType, of element: PostgresType) {
        let size = values.reduce(0) { $0 + 4 + $1.count }
        array(type, of: element, count: values.count, elementBytes: size, hasNulls: false) { writer in
            for value in values {
                unsafe value.withUnsafeBytes { unsafe writer.bytes($0) }
            }
        }
    }

    private mutating func byteStrings(optional values: [[UInt8]?], _ type: PostgresType, of element: PostgresType) {
        let size = values.reduce(0) { $0 + 4 + ($1?.count ?? 0) }
        let hasNulls = values.contains { $0 == nil }
        array(type, of: element, count: values.count, elementBytes: size, hasNulls: hasNulls) { writer in
            for value in values {
                if let value { unsafe value.withUnsafeBytes { unsafe writer.bytes($0) } } else { writer.null() }
            }
        }
    }

    /// Appends an array whose elements, with their lengths, take so many bytes.
    private mutating func array(
        _ type: PostgresType,
        of element: PostgresType,
        count: Int,
        elementBytes: Int,
        hasNulls: Bool,
        _ write: (inout ElementWriter) -> Void
    ) {
        let start = bytes.count
        put(count == 0 ? 0 : 1 as Int32)
        put(hasNulls ? 1 : 0 as Int32)
        put(element.oid)
        if count > 0 {
            put(Self.checkedLength(count))
            put(1 as Int32)
            let first = bytes.count
            bytes.append(contentsOf: repeatElement(0, count: elementBytes))
            unsafe bytes.withUnsafeMutableBytes { buffer in
                var writer = unsafe ElementWriter(rest: UnsafeMutableRawBufferPointer(rebasing: buffer[first...]))
                write(&writer)
                precondition(unsafe writer.rest.isEmpty, "an array with fewer elements than announced")
            }
        }
        end(type, from: start)
    }
}

/// Writes elements one after the other, each with its length, and never beyond the end. Must not outlive the buffer.
@safe private struct ElementWriter {
    private(set) var rest: UnsafeMutableRawBufferPointer

    init(rest: UnsafeMutableRawBufferPointer) {
        unsafe self.rest = rest
    }

    mutating func integer(_ value: some FixedWidthInteger) {
        unsafe withUnsafeBytes(of: value.bigEndian) { unsafe copy($0) }
    }

    mutating func null() {
        integer(-1 as Int32)
    }

    mutating func text(_ value: String) {
        var value = value
        value.withUTF8 { unsafe bytes(UnsafeRawBufferPointer($0)) }
    }

    mutating func bytes(_ value: UnsafeRawBufferPointer) {
        integer(Parameters.checkedLength(value.count))
        unsafe copy(value)
    }

    private mutating func copy(_ source: UnsafeRawBufferPointer) {
        precondition(unsafe source.count <= rest.count, "an array with more elements than announced")
        unsafe rest.copyMemory(from: source)
        unsafe rest = UnsafeMutableRawBufferPointer(rebasing: rest.dropFirst(source.count))
    }
}
