/// One JSON text that passed the strict scanner, kept as the bytes that came and never written anew.
///
/// Two texts are equal when their bytes are: `{"a":1}` and `{"a": 1}` are two texts.
public struct JSONText: Sendable, Hashable {
    /// UTF-8, without whitespace around the value.
    public let bytes: [UInt8]

    /// Scans `bytes` and keeps them, less the whitespace around the value.
    public init(validating bytes: some Collection<UInt8>, limits: JSONLimits = .args) throws(JSONError) {
        let document = try JSONDocument(validating: Array(bytes), limits: limits)
        self.init(document.root)
    }

    /// The text of a value in a checked document.
    package init(_ value: JSONValue) {
        self.bytes = Array(value.rawBytes)
    }

    /// Bytes that were checked before, such as those read back from the database.
    package init(trusted bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// `{}`, the args of jobs that need none.
    public static let emptyObject = JSONText(trusted: Array("{}".utf8))

    /// `null`.
    package static let null = JSONText(trusted: Array("null".utf8))

    /// The same as a string.
    public var text: String { String(decoding: bytes, as: UTF8.self) }
}
