/// Why some bytes are not a JSON text that Tusk takes.
public struct JSONError: Error, Equatable, Sendable {
    /// What is wrong.
    public enum Reason: Sendable, Hashable, CaseIterable {
        /// Nothing but whitespace.
        case empty
        /// The text ends inside a value.
        case unexpectedEnd
        /// A byte that cannot stand here.
        case unexpectedByte
        /// More bytes after the value.
        case trailingBytes
        /// The text starts with a byte order mark.
        case byteOrderMark
        /// The bytes are not UTF-8: overlong forms, surrogates, stray or missing continuation bytes.
        case invalidUTF8
        /// A byte below 0x20 in a string.
        case controlCharacter
        /// A backslash followed by something that is no escape.
        case invalidEscape
        /// The character U+0000, which PostgreSQL cannot keep.
        case nulNotAllowed
        /// Half of a UTF-16 surrogate pair.
        case loneSurrogate
        /// A number that RFC 8259 does not allow, such as `01`, `+1`, `.5` or `1.`.
        case invalidNumber
        /// More significant digits than `JSONLimits.digitsMax`.
        case tooManyDigits
        /// An exponent beyond `JSONLimits.exponentMax`.
        case exponentOutOfRange
        /// Nested deeper than `JSONLimits.depthMax`.
        case tooDeep
        /// More values than `JSONLimits.nodesMax`.
        case tooManyNodes
        /// A key longer than `JSONLimits.keyBytesMax`.
        case keyTooLong
        /// Two members of one object have the same key, compared as unescaped bytes.
        case duplicateKey
        /// More bytes than `JSONLimits.bytesMax`.
        case tooLarge
    }

    /// Where the fault was seen, in bytes from the start.
    public let offset: Int
    /// What is wrong.
    public let reason: Reason
    /// The value the fault is in, as a JSON pointer in URI fragment form (RFC 6901), such as `#/items/0`.
    public let pointer: String

    /// An error made by hand, as tests and decoders on top of the scanner do.
    public init(offset: Int, reason: Reason, pointer: String) {
        self.offset = offset
        self.reason = reason
        self.pointer = pointer
    }

    /// The stable machine name of the reason, such as `duplicate_key`.
    public var code: String { reason.code }

    /// What is wrong and where, in one line.
    public var message: String { "\(reason.message) at byte \(offset)" }
}

extension JSONError.Reason {
    /// The stable machine name.
    package var code: String {
        switch self {
        case .empty: "empty"
        case .unexpectedEnd: "unexpected_end"
        case .unexpectedByte: "unexpected_byte"
        case .trailingBytes: "trailing_bytes"
        case .byteOrderMark: "byte_order_mark"
        case .invalidUTF8: "invalid_utf8"
        case .controlCharacter: "control_character"
        case .invalidEscape: "invalid_escape"
        case .nulNotAllowed: "nul_not_allowed"
        case .loneSurrogate: "lone_surrogate"
        case .invalidNumber: "invalid_number"
        case .tooManyDigits: "too_many_digits"
        case .exponentOutOfRange: "exponent_out_of_range"
        case .tooDeep: "too_deep"
        case .tooManyNodes: "too_many_nodes"
        case .keyTooLong: "key_too_long"
        case .duplicateKey: "duplicate_key"
        case .tooLarge: "too_large"
        }
    }

    /// The first half of the message.
    var message: String {
        switch self {
        case .empty: "the JSON text is empty"
        case .unexpectedEnd: "the JSON text ends too early"
        case .unexpectedByte: "unexpected character"
        case .trailingBytes: "more text after the JSON value"
        case .byteOrderMark: "byte order mark"
        case .invalidUTF8: "invalid UTF-8"
        case .controlCharacter: "unescaped control character in a string"
        case .invalidEscape: "invalid escape in a string"
        case .nulNotAllowed: "the character U+0000 is not allowed"
        case .loneSurrogate: "half of a surrogate pair"
        case .invalidNumber: "invalid number"
        case .tooManyDigits: "number with too many digits"
        case .exponentOutOfRange: "number with too large an exponent"
        case .tooDeep: "arrays and objects nested too deeply"
        case .tooManyNodes: "too many values"
        case .keyTooLong: "key too long"
        case .duplicateKey: "duplicate key"
        case .tooLarge: "JSON text too large"
        }
    }
}
