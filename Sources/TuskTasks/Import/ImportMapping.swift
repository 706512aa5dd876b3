/// A column of the table that the rows go to, as its catalogue has it.
struct TableColumn: Sendable, Hashable {
    let name: String
    let rule: ValueRule
    /// Whether it takes no nulls.
    let refusesNull: Bool
    /// Whether the server makes its value itself.
    let isGenerated: Bool
    /// Whether it has a value of its own when none is given.
    let hasDefault: Bool
}

/// Where the value of a column comes from.
struct ImportColumn: Sendable, Hashable {
    /// The place of the field in its row, from 0.
    let field: Int
    let column: TableColumn
}

/// Which field of a row goes to which column. Pure.
struct ImportMapping: Sendable, Hashable {
    /// How many fields each row must have.
    let fieldCount: Int
    /// In the order of the fields.
    let columns: [ImportColumn]

    /// The mapping for a file with names in its first row. Fields that `wanted` does not name are left out; without
    /// `wanted` every field goes to the column of its own name.
    init(header: [String], wanted: [String: String]?, table: [TableColumn]) throws(TaskFailure) {
        // Names are compared as bytes: PostgreSQL has them so, and a String would think some different ones equal.
        var places: [[UInt8]: Int] = [:]
        for (place, name) in header.enumerated() {
            let isDouble = places.updateValue(place, forKey: Array(name.utf8)) != nil
            guard !isDouble || wanted?[name] == nil && wanted != nil else {
                throw .refused("the header has the column \(Self.shown(name)) twice")
            }
        }
        var pairs: [(field: Int, column: String)] = []
        if let wanted {
            for (name, column) in wanted {
                guard let place = places[Array(name.utf8)] else {
                    throw .refused("the header has no column \(Self.shown(name))")
                }
                pairs.append((place, column))
            }
        } else {
            pairs = header.enumerated().map { ($0.offset, $0.element) }
        }
        try self.init(fieldCount: header.count, pairs, table: table)
    }

    /// The mapping for a file without names. `wanted` has numbers from 1; without it the fields go to the columns in
    /// their order, leaving out those whose values the server makes.
    init(fieldCount: Int, wanted: [String: String]?, table: [TableColumn]) throws(TaskFailure) {
        guard let wanted else {
            let columns = table.filter { !$0.isGenerated }
            let inOrder = columns.enumerated().map { (field: $0.offset, column: $0.element.name) }
            try self.init(fieldCount: columns.count, inOrder, table: table)
            return
        }
        var pairs: [(field: Int, column: String)] = []
        for (number, column) in wanted {
            guard let place = Int(number), String(place) == number, (1...fieldCount).contains(place) else {
                throw .refused("columns of a file without a header are numbers from 1 to \(fieldCount)")
            }
            pairs.append((place - 1, column))
        }
        try self.init(fieldCount: fieldCount, pairs, table: table)
    }

    private init(
        fieldCount: Int,
        _ pairs: [(field: Int, column: String)],
        table: [TableColumn]
    ) throws(TaskFailure) {
        let byName = Dictionary(uniqueKeysWithValues: table.map { (Array($0.name.utf8), $0) })
        var taken: Set<[UInt8]> = []
        var columns: [ImportColumn] = []
        for pair in pairs.sorted(by: { $0.field < $1.field }) {
            guard let column = byName[Array(pair.column.utf8)] else {
                throw .refused("the table has no column \(Self.shown(pair.column))")
            }
            guard !column.isGenerated else {
                throw .refused("the server makes the values of the column \(Self.shown(pair.column)) itself")
            }
            guard taken.insert(Array(pair.column.utf8)).inserted else {
                throw .refused("two columns of the file go to the column \(Self.shown(pair.column))")
            }
            columns.append(ImportColumn(field: pair.field, column: column))
        }
        guard !columns.isEmpty else { throw .refused("no column of the file goes to a column of the table") }
        self.fieldCount = fieldCount
        self.columns = columns
    }

    /// A name in a message, not longer than a name may be.
    private static func shown(_ name: String) -> String { "\"\(name.prefix(TableName.partBytesMax))\"" }
}
