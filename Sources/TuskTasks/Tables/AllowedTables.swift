/// The tables that jobs may read and change, as the configuration lists them.
package struct AllowedTables: Sendable, Hashable {
    private let names: Set<TableName>
    private let schemas: Set<[UInt8]>

    /// No table at all.
    package init() {
        names = []
        schemas = []
    }

    /// Reads `schema.name`, and `schema.*` for all tables of a schema. Throws the first text that is neither, or that
    /// means tables of the server or of Tusk.
    package init(_ texts: [String]) throws(Unreadable) {
        var names: Set<TableName> = []
        var schemas: Set<[UInt8]> = []
        for text in texts {
            guard let name = TableName(text), text.utf8.contains(UInt8(ascii: ".")) else {
                throw Unreadable(text: text)
            }
            if name.name == "*" { schemas.insert(Array(name.schema.utf8)) } else { names.insert(name) }
        }
        self.names = names
        self.schemas = schemas
    }

    /// A text that names no table.
    package struct Unreadable: Error, Equatable, Sendable {
        package let text: String
    }

    /// Whether no table is allowed.
    package var isEmpty: Bool { names.isEmpty && schemas.isEmpty }

    /// The table of this name; throws unless it is allowed. `field` is the argument that named it.
    func table(_ text: String, _ field: String) throws(TaskFailure) -> TableName {
        guard let name = TableName(text) else {
            throw .refused("\(field) must be a name or schema.name, and none of the server's or of Tusk's own")
        }
        guard names.contains(name) || schemas.contains(Array(name.schema.utf8)) else {
            throw .refused("\(field) is not among the tables that the configuration allows")
        }
        return name
    }
}
