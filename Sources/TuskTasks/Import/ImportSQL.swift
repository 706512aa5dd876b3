import TuskPostgres

/// The statements of an import. They are here and not in `sql/` because most are made for the table and the columns
/// that the job names; every name goes through `TableName.quote`.
enum ImportSQL {
    /// The columns of a table in their order: name, number of the type, its modifier, whether null is refused, whether
    /// the server makes the value itself. No rows: there is no such table.
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
                attribute.attgenerated <> '' or attribute.attidentity = 'a'
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

    /// Completes the job in the transaction that has its rows, or raises: then there are no rows either.
    ///
    /// $1 bigint: job, $2 bigint: lease, $3 json: result.
    static let completeJob = Statement(name: "complete_job", text: "select tusk.complete($1, $2, $3)")

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
