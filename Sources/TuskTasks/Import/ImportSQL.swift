import TuskPostgres

/// The statements of an import. They are here and not in `sql/` because most are made for the table and the columns
/// that the job names; every name goes through `TableName.quote`.
enum ImportSQL {
    /// The columns of a table in their order: name, number of the type, its modifier, whether null is refused, whether
    /// the server makes the value itself, whether it has a default. No rows: there is no such table.
    ///
    /// $1 text: schema, $2 text: table. Locks: none.
    static let readColumns = Statement(
        name: "read_columns",
        text: """
            select
                attribute.attname::text,
                attribute.atttypid::bigint,
                attribute.atttypmod,
                attribute.attnotnull,
                attribute.attgenerated <> '' or attribute.attidentity = 'a',
                attribute.atthasdef or attribute.attidentity <> ''
            from pg_catalog.pg_attribute as attribute
            inner join pg_catalog.pg_class as class on class.oid = attribute.attrelid
            inner join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
            where
                namespace.nspname = $1::name
                and class.relname = $2::name
                and class.relkind in ('r', 'p')
                and attribute.attnum > 0
                and not attribute.attisdropped
            order by attribute.attnum
            """,
        isReadOnly: true
    )

    /// Makes checks that would wait for the commit tell at once, while it is known which rows they are about.
    static let checkAtOnce = Statement(name: "check_at_once", text: "set constraints all immediate")

    /// The place to go back to when rows are refused.
    static let savepoint = Statement(name: "savepoint", text: "savepoint tusk_rows")
    /// Gives the place up.
    static let release = Statement(name: "release", text: "release savepoint tusk_rows")
    /// Goes back to the place.
    static let rollBack = Statement(name: "roll_back", text: "rollback to savepoint tusk_rows")

    /// Takes rows in COPY's text format.
    static func copy(into table: TableName, columns: [String]) -> Statement {
        let names = columns.map(TableName.quote).joined(separator: ", ")
        return Statement(
            name: "copy_rows",
            text: "copy \(table.quoted) (\(names)) from stdin with (format text, encoding 'UTF8')"
        )
    }

    /// The rows of a chunk that are merged into a table; only this session sees it.
    static let chunkTable = "tusk_rows"

    /// Makes the table for the rows of a chunk, with the line of each.
    static func createChunk(like table: TableName, columns: [String]) -> Statement {
        let names = columns.map(TableName.quote).joined(separator: ", ")
        return Statement(
            name: "create_chunk",
            text: """
                create temporary table \(chunkTable) on commit drop as
                select 0::bigint as "tusk line", \(names) from \(table.quoted) with no data
                """
        )
    }

    /// Takes rows of a chunk in COPY's text format, each with its line in front.
    static func copyChunk(columns: [String]) -> Statement {
        let names = columns.map(TableName.quote).joined(separator: ", ")
        return Statement(
            name: "copy_rows",
            text: """
                copy pg_temp.\(chunkTable) ("tusk line", \(names)) from stdin with (format text, encoding 'UTF8')
                """
        )
    }

    /// Moves the rows of a chunk into a table; of several with one key the last.
    static func mergeChunk(into table: TableName, columns: [String], key: [String]) -> Statement {
        let names = columns.map(TableName.quote).joined(separator: ", ")
        let keys = key.map(TableName.quote).joined(separator: ", ")
        let others = columns.filter { name in !key.contains { $0.utf8.elementsEqual(name.utf8) } }.map(TableName.quote)
        let changes = others.map { "\($0) = excluded.\($0)" }.joined(separator: ", ")
        return Statement(
            name: "merge_chunk",
            text: """
                with taken as (delete from pg_temp.\(chunkTable) returning "tusk line", \(names))
                insert into \(table.quoted) (\(names))
                select distinct on (\(keys)) \(names) from taken order by \(keys), "tusk line" desc
                on conflict (\(keys)) do \(changes.isEmpty ? "nothing" : "update set \(changes)")
                """
        )
    }

    /// Whether a table is there. $1 text: its name, quoted.
    static let findTable = Statement(
        name: "find_table",
        text: "select pg_catalog.to_regclass($1) is not null",
        isReadOnly: true
    )

    /// Makes the table for what will replace the rows of another.
    static func createStaging(_ staging: TableName, like table: TableName) -> Statement {
        Statement(
            name: "create_staging",
            text: "create table \(staging.quoted) (like \(table.quoted) including all)"
        )
    }

    /// Keeps other writers out until the commit; readers go on reading what was there.
    static func lock(_ table: TableName) -> Statement {
        Statement(name: "lock_table", text: "lock table \(table.quoted) in share row exclusive mode")
    }

    /// Removes the rows that are replaced.
    static func clear(_ table: TableName) -> Statement {
        Statement(name: "clear_table", text: "delete from \(table.quoted)")
    }

    /// Brings in the rows that replace them.
    static func move(from staging: TableName, to table: TableName, columns: [String]) -> Statement {
        let names = columns.map(TableName.quote).joined(separator: ", ")
        return Statement(
            name: "move_rows",
            text: "insert into \(table.quoted) (\(names)) select \(names) from \(staging.quoted)"
        )
    }

    /// Gives the staging table up.
    static func drop(_ staging: TableName) -> Statement {
        Statement(name: "drop_staging", text: "drop table if exists \(staging.quoted)")
    }

    /// Makes the table for rows that cannot be loaded.
    static func createRejects(_ table: TableName) -> Statement {
        Statement(
            name: "create_rejects",
            text: """
                create table if not exists \(table.quoted) (
                    line bigint not null,
                    reason text not null,
                    raw text not null,
                    job_id bigint not null,
                    rejected_at timestamptz not null default now()
                )
                """
        )
    }

    /// Takes such rows in COPY's text format.
    static func copyRejects(into table: TableName) -> Statement {
        copy(into: table, columns: ["line", "reason", "raw", "job_id"])
    }
}
