import TuskCore
import TuskStore

/// How results look as JSON: the names and forms of the HTTP API. What has no value is left out.
extension JSONWriter {
    /// One object.
    static func object(_ fill: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter(capacity: 256)
        writer.beginObject()
        fill(&writer)
        writer.endObject()
        return writer.bytes
    }

    mutating func put(_ name: String, _ text: String?) {
        guard let text else { return }
        key(name)
        string(text)
    }

    mutating func put(_ name: String, _ number: Int?) {
        guard let number else { return }
        key(name)
        int(number)
    }

    mutating func put(_ name: String, _ flag: Bool) {
        key(name)
        bool(flag)
    }

    mutating func put(_ name: String, _ moment: Timestamp?) { put(name, moment?.rfc3339Text) }

    mutating func put(_ name: String, _ value: JSONText?) {
        guard let value else { return }
        key(name)
        raw(value)
    }

    mutating func put(_ name: String, _ texts: [String]) {
        key(name)
        beginArray()
        for text in texts { string(text) }
        endArray()
    }

    /// Objects made elsewhere.
    mutating func put(_ name: String, objects: [[UInt8]]) {
        key(name)
        beginArray()
        for object in objects { raw(object) }
        endArray()
    }
}

extension Console {
    /// Shows a list: as a table, as one document `{"<name>":[...]}`, as one object a line, or as CSV.
    func show<Item>(
        _ items: [Item],
        as name: String,
        object: (Item) -> [UInt8],
        table: () -> Table,
        empty: String
    ) throws(CommandError) {
        switch format {
        case .table: try show(table(), empty: empty)
        case .json: try result(JSONWriter.object { $0.put(name, objects: items.map(object)) })
        case .jsonl: for item in items { try result(object(item)) }
        case .csv: for row in CSVText.rows(items.map(object)) { try result(row) }
        }
    }

    /// Shows one thing: in words, as one object, or as its names and its values.
    func show(_ object: [UInt8], words: () -> [String]) throws(CommandError) {
        switch format {
        case .table: for line in words() { try result(line) }
        case .json, .jsonl: try result(object)
        case .csv: for row in CSVText.rows([object]) { try result(row) }
        }
    }
}
