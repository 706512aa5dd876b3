import TuskHTTP
import TuskStore

/// What a request says of the state that it expects: `If-Match` and `If-None-Match`.
///
/// Source: RFC 9110, sections 8.8.3 and 13.
struct Preconditions: Sendable {
    /// One of the fields.
    private enum Expected: Sendable {
        /// `*`: whatever is there.
        case anything
        case tags([Tag])
    }

    private struct Tag: Sendable {
        /// With its quotes.
        let text: String
        let isWeak: Bool
    }

    /// What became of a read.
    enum Reading: Equatable {
        case changed, unchanged, failed
    }

    private let ifMatch: Expected?
    private let ifNoneMatch: Expected?

    /// Whether the request says nothing of the kind.
    var isEmpty: Bool { ifMatch == nil && ifNoneMatch == nil }

    /// Those of a request; a field that is malformed is refused.
    init(_ headers: HTTPHeaders) throws(Problem) {
        ifMatch = try Self.read("If-Match", headers)
        ifNoneMatch = try Self.read("If-None-Match", headers)
    }

    /// Whether something may be changed whose tag is this; nil: it is not there.
    func allowChange(of tag: String?) -> Bool {
        if let ifMatch, !Self.has(ifMatch, tag, weakly: false) { return false }
        if let ifNoneMatch, Self.has(ifNoneMatch, tag, weakly: true) { return false }
        return true
    }

    /// The same for what has a definition, which people and programs change, and a state that changes by itself: the
    /// client may have read it in another state. Nil: it is not there.
    func allowChange(ofDefinition definition: [UInt8]?) -> Bool {
        let part = definition.map(Self.definitionPart)
        if let ifMatch, !Self.has(ifMatch, part, weakly: false, Self.definitionPart) { return false }
        if let ifNoneMatch, Self.has(ifNoneMatch, part, weakly: true, Self.definitionPart) { return false }
        return true
    }

    /// What is to be answered to a read of what has this tag.
    func reading(_ tag: String) -> Reading {
        if let ifMatch, !Self.has(ifMatch, tag, weakly: false) { return .failed }
        if let ifNoneMatch, Self.has(ifNoneMatch, tag, weakly: true) { return .unchanged }
        return .changed
    }

    /// The strong tag of a representation: a digest of its bytes, in quotes.
    static func tag(of body: [UInt8]) -> String {
        "\"" + Digest.hexadecimal(Array(Digest.sha256(body).prefix(tagBytes))) + "\""
    }

    /// The strong tag of a representation of what has a definition: a digest of that, a hyphen, and that of the bytes.
    static func tag(of body: [UInt8], definition: [UInt8]) -> String {
        definitionPart(definition) + "-" + tag(of: body).dropFirst()
    }

    private static let tagBytes = 16
    private static let definitionBytes = 8

    private static func definitionPart(_ definition: [UInt8]) -> String {
        "\"" + Digest.hexadecimal(Array(Digest.sha256(definition).prefix(definitionBytes)))
    }

    /// What a tag says of the definition: all before its hyphen.
    private static func definitionPart(_ tag: String) -> String { String(tag.prefix { $0 != "-" }) }

    private static func has(
        _ expected: Expected,
        _ tag: String?,
        weakly: Bool,
        _ compared: (String) -> String = { $0 }
    ) -> Bool {
        guard let tag else { return false }
        switch expected {
        case .anything: return true
        case .tags(let tags):
            return tags.contains { compared($0.text).utf8.elementsEqual(tag.utf8) && (weakly || !$0.isWeak) }
        }
    }

    // Reading the fields

    private static func read(_ name: String, _ headers: HTTPHeaders) throws(Problem) -> Expected? {
        let fields = headers.all(name)
        guard !fields.isEmpty else { return nil }
        let text = Array(fields.joined(separator: ",").utf8)
        if String(decoding: text.filter { !isBlank($0) }, as: UTF8.self) == "*" { return .anything }
        guard let tags = tags(text), !tags.isEmpty else {
            let rule = "is * or entity tags in double quotes, with commas between them."
            throw .header(name, code: "invalid_value", "\(name) \(rule)")
        }
        return .tags(tags)
    }

    /// The tags of a list, in which elements may be empty; nil: it is none. A comma in quotes belongs to its tag.
    private static func tags(_ text: [UInt8]) -> [Tag]? {
        var tags: [Tag] = []
        var rest = text[...]
        while true {
            rest = rest.drop(while: isBlank)
            if rest.first == UInt8(ascii: ",") {
                rest = rest.dropFirst()
                continue
            }
            guard !rest.isEmpty else { return tags }
            let isWeak = rest.starts(with: "W/".utf8)
            if isWeak { rest = rest.dropFirst(2) }
            guard rest.first == quote, let end = rest.dropFirst().firstIndex(of: quote) else { return nil }
            let tag = rest[...end]
            guard tag.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return nil }
            tags.append(Tag(text: String(decoding: tag, as: UTF8.self), isWeak: isWeak))
            rest = rest[(end + 1)...].drop(while: isBlank)
            guard rest.isEmpty || rest.first == UInt8(ascii: ",") else { return nil }
        }
    }

    private static let quote = UInt8(ascii: "\"")

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }

    /// The refusal of what is not as the request expects it.
    static let failure = Problem(
        .preconditionFailed,
        "What is there now is not what If-Match or If-None-Match expects; read it again."
    )
}

extension HTTPResponse {
    /// The same with a tag made of its body, and of its definition where it has one, or 304 without a body where the
    /// client has it already.
    func tagged(_ preconditions: Preconditions, definition: [UInt8]? = nil) throws(Problem) -> HTTPResponse {
        var response = self
        let tag = definition.map { Preconditions.tag(of: body, definition: $0) } ?? Preconditions.tag(of: body)
        response.headers.append(("ETag", tag))
        switch preconditions.reading(tag) {
        case .changed: return response
        case .failed: throw Preconditions.failure
        case .unchanged:
            return HTTPResponse(status: 304, headers: response.headers.filter { $0.0 != "Content-Type" })
        }
    }
}
