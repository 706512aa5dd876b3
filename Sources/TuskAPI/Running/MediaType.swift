import TuskHTTP

/// The media types that bodies may have.
enum MediaType: String, Sendable, CaseIterable {
    case json = "application/json"
    case ndjson = "application/x-ndjson"
    case mergePatch = "application/merge-patch+json"

    /// The type that `Content-Type` names. Its only parameter may be `charset=utf-8`, which all types have anyway.
    static func of(_ request: HTTPRequest) -> MediaType? {
        let fields = request.headers.all("Content-Type")
        return fields.count == 1 ? MediaType(field: fields[0]) : nil
    }

    /// The type of the body; throws unless it is one of these.
    @discardableResult
    static func require(_ types: [MediaType], _ request: HTTPRequest) throws(Problem) -> MediaType {
        guard let type = of(request), types.contains(type) else { throw refusal(types) }
        return type
    }

    static func refusal(_ types: [MediaType]) -> Problem {
        let names = types.map(\.rawValue).joined(separator: " or ")
        return Problem(.unsupportedMediaType, "This resource takes \(names), in UTF-8, as Content-Type says.")
    }

    private init?(field: String) {
        // Most requests have exactly this.
        if field == Self.json.rawValue {
            self = .json
            return
        }
        let parts = field.lowercased().split(separator: ";", omittingEmptySubsequences: false).map(Self.trimmed)
        let type = MediaType.allCases.first { $0.rawValue == parts[0] }
        let isUTF8 = parts.dropFirst().allSatisfy { $0 == "charset=utf-8" || $0 == "charset=\"utf-8\"" }
        guard let type, parts.count <= 2, isUTF8 else { return nil }
        self = type
    }

    /// Without the spaces and tabs at the ends.
    private static func trimmed(_ text: Substring) -> Substring {
        let isBlank = { (character: Character) in character == " " || character == "\t" }
        let rest = text.drop(while: isBlank)
        guard let last = rest.lastIndex(where: { !isBlank($0) }) else { return rest.prefix(0) }
        return rest[...last]
    }
}
