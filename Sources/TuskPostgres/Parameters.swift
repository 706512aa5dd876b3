/// The values of a statement's parameters in PostgreSQL's binary format, one after the other in one buffer.
///
/// A value is appended by its type, in the order of `$1`, `$2` ... Every method takes nil for null.
package struct Parameters: Sendable {
    /// Where a value lies in the buffer; a negative length is null.
    struct Slot {
        var type: PostgresType
        var offset: Int
        var length: Int32
    }

    /// The protocol counts parameters in 16 bits.
    package static let countMax = 65_535

    private(set) var slots: [Slot] = []
    var bytes: [UInt8] = []

    /// No parameters.
    package init() {}

    /// How many values there are.
    package var count: Int { slots.count }

    /// Appends null of a type.
    package mutating func null(_ type: PostgresType) {
        append(Slot(type: type, offset: bytes.count, length: -1))
    }

    /// Appends a `smallint`.
    package mutating func int2(_ value: Int16?) { integer(value, .int2) }

    /// Appends an `integer`.
    package mutating func int4(_ value: Int32?) { integer(value, .int4) }

    /// Appends a `bigint`.
    package mutating func int8(_ value: Int64?) { integer(value, .int8) }

    /// Appends a `double precision`.
    package mutating func float8(_ value: Double?) { integer(value?.bitPattern, .float8) }

    /// Appends a `boolean`.
    package mutating func bool(_ value: Bool?) { integer(value.map { $0 ? 1 as UInt8 : 0 }, .bool) }

    /// Appends a `timestamptz` as microseconds since 1970-01-01 UTC.
    package mutating func timestamp(microseconds: Int64?) {
        integer(microseconds.map(PostgresEpoch.since2000), .timestamptz)
    }

    /// Appends a `uuid` as its high and low 64 bits.
    package mutating func uuid(high: UInt64, low: UInt64) {
        value(.uuid) { parameters in
            parameters.put(high)
            parameters.put(low)
        }
    }

    /// Appends a `text`. PostgreSQL refuses a NUL character in it.
    package mutating func text(_ value: String?) {
        guard let value else { return null(.text) }
        self.value(.text) { $0.put(value) }
    }

    /// Appends a `bytea`.
    package mutating func bytea(_ value: some Collection<UInt8>) {
        self.value(.bytea) { $0.put(value) }
    }

    /// Appends a `json` as its text, which the server checks but keeps as it is.
    package mutating func json(_ value: some Collection<UInt8>) {
        self.value(.json) { $0.put(value) }
    }

    private mutating func value(_ type: PostgresType, _ body: (inout Parameters) -> Void) {
        let offset = bytes.count
        body(&self)
        end(type, from: offset)
    }

    /// Ends a value whose bytes are in the buffer.
    mutating func end(_ type: PostgresType, from offset: Int) {
        append(Slot(type: type, offset: offset, length: Self.checkedLength(bytes.count - offset)))
    }

    private mutating func integer(_ value: (some FixedWidthInteger)?, _ type: PostgresType) {
        guard let value else { return null(type) }
        self.value(type) { $0.put(value) }
    }

    private mutating func append(_ slot: Slot) {
        precondition(slots.count < Self.countMax, "too many parameters for one statement")
        slots.append(slot)
    }

    /// The protocol counts a value's bytes in 31 bits.
    static func checkedLength(_ length: Int) -> Int32 {
        guard let checked = Int32(exactly: length) else { preconditionFailure("a parameter of 2 GiB or more") }
        return checked
    }
}

/// Putting raw pieces into the buffer, most significant byte first.
extension Parameters {
    mutating func put(_ value: some FixedWidthInteger) {
        unsafe withUnsafeBytes(of: value.bigEndian) { unsafe bytes.append(contentsOf: $0) }
    }

    mutating func put(_ value: String) {
        bytes.append(contentsOf: value.utf8)
    }

    mutating func put(_ value: some Collection<UInt8>) {
        bytes.append(contentsOf: value)
    }
}

extension Parameters {
    /// Lends the lists that `PQsendQueryParams` wants: types, addresses (null for null), lengths, formats (all binary).
    func withPointers<Answer>(
        _ body: ([UInt32], [UnsafePointer<CChar>?], [Int32], [Int32]) -> Answer
    ) -> Answer {
        let types = slots.map(\.type.oid)
        let lengths = slots.map { max(0, $0.length) }
        let formats = [Int32](repeating: 1, count: slots.count)
        // An empty buffer has no address, but an empty value needs one to differ from null.
        let bytes = bytes.isEmpty ? [0] : bytes
        return unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe buffer.withMemoryRebound(to: CChar.self) { characters in
                let values = unsafe slots.map { slot in
                    unsafe slot.length < 0 ? nil : characters.baseAddress.map { unsafe $0 + slot.offset }
                }
                return unsafe body(types, values, lengths, formats)
            }
        }
    }
}
