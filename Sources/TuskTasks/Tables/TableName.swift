/// A table that somebody named, in a form that cannot become anything else in a statement.
struct TableName: Sendable, Hashable, CustomStringConvertible {
    /// Longer names are cut by the server and would mean another table. Source: PostgreSQL 15 manual, 4.1.1.
    static let partBytesMax = 63

    let schema: String
    let name: String

    /// Reads `schema.name`, or `name` in `public`; the first dot divides. Nil for anything that is no name, and for
    /// tables of the server and of Tusk itself.
    init?(_ text: String) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let schema = parts.count == 2 ? parts[0] : "public"
        guard let name = parts.last else { return nil }
        self.init(schema: schema, name: name)
    }

    private init?(schema: String, name: String) {
        guard Self.isPart(schema), Self.isPart(name) else { return nil }
        let isReserved = schema == "tusk" || schema == "information_schema" || schema.utf8.starts(with: "pg_".utf8)
        guard !isReserved else { return nil }
        self.schema = schema
        self.name = name
    }

    private static func isPart(_ text: String) -> Bool {
        (1...partBytesMax).contains(text.utf8.count) && !text.utf8.contains(0)
    }

    /// The table for what this one does not take; nil when its name would be too long.
    var rejects: TableName? { sibling(name + "_rejects") }

    /// For a statement.
    var quoted: String { "\(Self.quote(schema)).\(Self.quote(name))" }

    /// Names are compared as bytes: PostgreSQL has them so, and a String would think some different ones equal.
    static func == (left: TableName, right: TableName) -> Bool {
        left.schema.utf8.elementsEqual(right.schema.utf8) && left.name.utf8.elementsEqual(right.name.utf8)
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(Array(schema.utf8))
        hasher.combine(Array(name.utf8))
    }

    /// Another table of the same schema; nil when the name is too long.
    func sibling(_ name: String) -> TableName? { TableName(schema: schema, name: name) }

    /// For people.
    var description: String { "\(schema).\(name)" }

    /// A name for a statement, whatever is in it. Source: PostgreSQL 15 manual, 4.1.1 "Identifiers and Key Words".
    static func quote(_ name: String) -> String {
        var quoted = "\""
        for scalar in name.unicodeScalars {
            if scalar == "\"" { quoted.unicodeScalars.append(scalar) }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }
}
