import TuskCore

/// Holds JSON values to the schemas of an OpenAPI document, as far as these go: references, types, required members,
/// constants, choices. Stricter than JSON Schema in one thing: a member of an object that is not described is a fault,
/// unless the schema says that there may be any.
struct SchemaCheck {
    let document: JSONValue

    /// What does not fit, each with its place.
    func faults(_ value: JSONValue, _ schema: JSONValue, at place: String = "#") -> [String] {
        if let reference = schema.member("$ref")?.string {
            guard let target = resolve(reference) else { return ["\(place): \(reference) leads nowhere"] }
            return faults(value, target, at: place)
        }
        for word in ["anyOf", "oneOf"] {
            guard let choices = schema.member(word) else { continue }
            let all = choices.elements.map { faults(value, $0, at: place) }
            return all.contains { $0.isEmpty } ? [] : all.min { $0.count < $1.count } ?? []
        }
        if let constant = schema.member("const"), !constant.rawBytes.elementsEqual(value.rawBytes) {
            return ["\(place): not the constant"]
        }
        if let choices = schema.member("enum"), !choices.elements.contains(where: { same($0, value) }) {
            return ["\(place): \(String(decoding: value.rawBytes, as: UTF8.self)) is no choice"]
        }
        guard let type = schema.member("type") else { return [] }
        let types = type.string.map { [$0] } ?? type.elements.compactMap(\.string)
        guard types.contains(where: { isOf($0, value) }) else { return ["\(place): not of type \(types)"] }
        switch value.kind {
        case .object: return memberFaults(value, schema, at: place)
        case .array:
            guard let items = schema.member("items") else { return ["\(place): its items are not described"] }
            return value.elements.enumerated().flatMap { faults($1, items, at: "\(place)/\($0)") }
        case .string, .number, .bool, .null: return []
        }
    }

    private func memberFaults(_ value: JSONValue, _ schema: JSONValue, at place: String) -> [String] {
        var found: [String] = []
        for name in schema.member("required")?.elements.compactMap(\.string) ?? [] where value.member(name) == nil {
            found.append("\(place): \(name) is missing")
        }
        let properties = schema.member("properties")
        for (key, member) in value.members {
            let name = String(decoding: key, as: UTF8.self)
            if let property = properties?.member(name) {
                found += faults(member, property, at: "\(place)/\(name)")
            } else if schema.member("additionalProperties")?.bool != true {
                found.append("\(place): \(name) is not described")
            }
        }
        return found
    }

    private func isOf(_ type: String, _ value: JSONValue) -> Bool {
        switch value.kind {
        case .object: type == "object"
        case .array: type == "array"
        case .string: type == "string"
        case .number: type == "number" || type == "integer" && value.int64 != nil
        case .bool: type == "boolean"
        case .null: type == "null"
        }
    }

    private func same(_ one: JSONValue, _ other: JSONValue) -> Bool { one.rawBytes.elementsEqual(other.rawBytes) }

    private func resolve(_ reference: String) -> JSONValue? {
        reference.split(separator: "/").dropFirst().reduce(document) { $0?.member(String($1)) }
    }
}
