import TuskPostgres

/// Which statements bring the rows of a chunk to their table.
struct ImportRoute {
    /// Run at the start of each chunk's transaction.
    let opening: [Statement]
    /// Takes the rows.
    let copy: Statement
    /// The name of the table that takes them, as the server has it in its errors.
    let copyTable: String
    /// Whether each row has its line in front.
    let numbersRows: Bool
    /// Moves what was taken into the table; nil: it is there already.
    let merge: Statement?
    /// Run when the last chunk was taken, in its transaction.
    let closing: [Statement]

    /// Rows are added.
    static func append(to table: TableName, columns: [String]) -> ImportRoute {
        ImportRoute(
            opening: [],
            copy: ImportSQL.copy(into: table, columns: columns),
            copyTable: table.name,
            numbersRows: false,
            merge: nil,
            closing: []
        )
    }

    /// Rows take the place of those with the same key: a chunk at a time, from a table that only the session sees.
    static func upsert(into table: TableName, columns: [String], key: [String]) -> ImportRoute {
        ImportRoute(
            opening: [ImportSQL.createChunk(like: table, columns: columns)],
            copy: ImportSQL.copyChunk(columns: columns),
            copyTable: ImportSQL.chunkTable,
            numbersRows: true,
            merge: ImportSQL.mergeChunk(into: table, columns: columns, key: key),
            closing: []
        )
    }

    /// Rows wait in a table of their own until all are there.
    static func replace(_ table: TableName, by staging: TableName, columns: [String], isNew: Bool) -> ImportRoute {
        ImportRoute(
            opening: isNew ? [ImportSQL.createStaging(staging, like: table)] : [],
            copy: ImportSQL.copy(into: staging, columns: columns),
            copyTable: staging.name,
            numbersRows: false,
            merge: nil,
            closing: [
                ImportSQL.lock(table), ImportSQL.clear(table),
                ImportSQL.move(from: staging, to: table, columns: columns), ImportSQL.drop(staging),
            ]
        )
    }
}
