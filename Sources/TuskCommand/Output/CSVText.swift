import TuskCore

/// Objects as comma-separated values of RFC 4180, with a line feed at the end of each row: the first row has the names
/// of all members in the order in which they first come, each further one an object. Texts stand as they are, null and
/// what is missing as nothing, arrays and objects as JSON.
enum CSVText {
    /// What `objects` may be: anything that Tusk writes.
    private static let limits = JSONLimits(bytesMax: 1 << 30, depthMax: 128, nodesMax: 10_000_000)

    /// The rows without their ends; none for no objects.
    static func rows(_ objects: [[UInt8]]) -> [[UInt8]] {
        var names: [[UInt8]] = []
        var places: [[UInt8]: Int] = [:]
        var rows: [[[UInt8]]] = []
        for object in objects {
            var row = [[UInt8]](repeating: [], count: names.count)
            for member in document(object).root.members {
                let place = places[member.key] ?? names.count
                if place == names.count {
                    places[member.key] = place
                    names.append(member.key)
                    row.append([])
                }
                row[place] = field(member.value)
            }
            rows.append(row)
        }
        guard !names.isEmpty else { return [] }
        let missing = { (row: [[UInt8]]) in [[UInt8]](repeating: [], count: names.count - row.count) }
        return ([names.map(quoted)] + rows.map { $0 + missing($0) }).map { Array($0.joined(separator: [comma])) }
    }

    private static func document(_ object: [UInt8]) -> JSONDocument {
        do throws(JSONError) {
            return try JSONDocument(validating: object, limits: limits)
        } catch {
            preconditionFailure("a result that is no JSON: \(error)")
        }
    }

    private static func field(_ value: JSONValue) -> [UInt8] {
        switch value.kind {
        case .null: []
        case .string: quoted(value.stringBytes ?? [])
        case .number, .bool: Array(value.rawBytes)
        case .array, .object: quoted(Array(value.rawBytes))
        }
    }

    private static let comma = UInt8(ascii: ",")
    private static let quote = UInt8(ascii: "\"")
    /// What makes a field need quotes.
    private static let special = Array(",\"\r\n".utf8)

    private static func quoted(_ text: [UInt8]) -> [UInt8] {
        guard text.contains(where: special.contains) else { return text }
        return [quote] + text.flatMap { $0 == quote ? [quote, quote] : [$0] } + [quote]
    }
}
