/// The name of a queue: 1...128 bytes of ASCII letters, digits, `_`, `.`, `:` and `-`.
public struct QueueName: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The checked text; all ASCII, so comparing it as a `String` compares its bytes.
    public let text: String

    /// Checks `text` byte by byte; nil for anything outside the alphabet or the length.
    public init?(_ text: String) {
        guard NameRule.allows(text) else { return nil }
        self.text = text
    }

    private init(checked text: String) { self.text = text }

    /// The queue of jobs that name none: `default`.
    public static let standard = QueueName(checked: "default")

    /// The text itself.
    public var description: String { text }

    /// In the order of the bytes.
    public static func < (left: QueueName, right: QueueName) -> Bool { left.text < right.text }
}

/// Which handler runs a job, e.g. `send_email`: 1...128 bytes of ASCII letters, digits, `_`, `.`, `:` and `-`.
public struct Kind: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The checked text; all ASCII, so comparing it as a `String` compares its bytes.
    public let text: String

    /// Checks `text` byte by byte; nil for anything outside the alphabet or the length.
    public init?(_ text: String) {
        guard NameRule.allows(text) else { return nil }
        self.text = text
    }

    /// The text itself.
    public var description: String { text }

    /// In the order of the bytes.
    public static func < (left: Kind, right: Kind) -> Bool { left.text < right.text }
}

/// A word to find jobs by: 1...128 bytes of ASCII letters, digits, `_`, `.`, `:` and `-`.
public struct Tag: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The checked text; all ASCII, so comparing it as a `String` compares its bytes.
    public let text: String

    /// Checks `text` byte by byte; nil for anything outside the alphabet or the length.
    public init?(_ text: String) {
        guard NameRule.allows(text) else { return nil }
        self.text = text
    }

    /// The text itself.
    public var description: String { text }

    /// In the order of the bytes.
    public static func < (left: Tag, right: Tag) -> Bool { left.text < right.text }
}

/// A name in source code is checked when it is first used: a wrong one is a mistake of the program, not of its input.
extension QueueName: ExpressibleByStringLiteral {
    /// The queue with this name. Stops the program for a text that cannot be a name.
    public init(stringLiteral text: String) {
        precondition(NameRule.allows(text), "\"\(text)\" cannot name a queue")
        self.init(checked: text)
    }
}

/// A name in source code is checked when it is first used: a wrong one is a mistake of the program, not of its input.
extension Kind: ExpressibleByStringLiteral {
    /// The kind with this name. Stops the program for a text that cannot be a name.
    public init(stringLiteral text: String) {
        precondition(NameRule.allows(text), "\"\(text)\" cannot name a kind")
        self.text = text
    }
}

/// A name in source code is checked when it is first used: a wrong one is a mistake of the program, not of its input.
extension Tag: ExpressibleByStringLiteral {
    /// The tag with this name. Stops the program for a text that cannot be a name.
    public init(stringLiteral text: String) {
        precondition(NameRule.allows(text), "\"\(text)\" cannot be a tag")
        self.text = text
    }
}

/// The rule that names of queues, kinds, tags and schedules share.
package enum NameRule {
    /// The longest name, in bytes.
    package static let bytesMax = 128

    /// Whether `text` is 1...128 bytes of ASCII letters, digits, `_`, `.`, `:` and `-`.
    package static func allows(_ text: String) -> Bool {
        (1...bytesMax).contains(text.utf8.count) && text.utf8.allSatisfy(isLegal)
    }

    private static func isLegal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "-"): true
        default: false
        }
    }
}
