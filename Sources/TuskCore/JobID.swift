/// The number of a job, unique in one database for ever.
///
/// The low 10 bits are the shard the job lives in; the rest grows in the order of enqueueing. It is shown as a decimal
/// string, because a JavaScript number cannot hold all of it.
public struct JobID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Always greater than 0.
    public let rawValue: Int64

    /// The id with this number; nil unless it is greater than 0.
    public init?(rawValue: Int64) {
        guard rawValue > 0 else { return nil }
        self.rawValue = rawValue
    }

    /// Reads the canonical decimal form: ASCII digits, no sign, no leading zero; nil for anything else.
    public init?(_ text: String) {
        guard let number = PositiveDecimal.parse(text) else { return nil }
        self.rawValue = number
    }

    /// The canonical decimal form.
    public var description: String { String(rawValue) }

    /// Earlier numbers come first.
    public static func < (left: JobID, right: JobID) -> Bool { left.rawValue < right.rawValue }
}

/// The number of a lease: the fence.
///
/// Each claim draws a number greater than every lease granted before, so a write that carries an older number is
/// known to come from a worker that lost the job.
public struct LeaseNumber: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Always greater than 0.
    public let rawValue: Int64

    /// The lease with this number; nil unless it is greater than 0.
    public init?(rawValue: Int64) {
        guard rawValue > 0 else { return nil }
        self.rawValue = rawValue
    }

    /// Reads the canonical decimal form: ASCII digits, no sign, no leading zero; nil for anything else.
    public init?(_ text: String) {
        guard let number = PositiveDecimal.parse(text) else { return nil }
        self.rawValue = number
    }

    /// The canonical decimal form.
    public var description: String { String(rawValue) }

    /// Earlier numbers come first.
    public static func < (left: LeaseNumber, right: LeaseNumber) -> Bool { left.rawValue < right.rawValue }
}

/// The canonical decimal form of a number greater than 0.
enum PositiveDecimal {
    /// The number, or nil when `text` is empty, has anything but ASCII digits, starts with 0, or exceeds `Int64.max`.
    static func parse(_ text: String) -> Int64? {
        let bytes = text.utf8
        guard (1...19).contains(bytes.count), bytes.first != UInt8(ascii: "0") else { return nil }
        var number: Int64 = 0
        for byte in bytes {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            let (product, overflowed) = number.multipliedReportingOverflow(by: 10)
            let (sum, carried) = product.addingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
            guard !overflowed, !carried else { return nil }
            number = sum
        }
        return number
    }
}
