import TuskPostgres

/// The statements of `sql.call`. The name of the function is one that the configuration lists, and goes through
/// `TableName.quote`.
enum CallSQL {
    /// What a function takes and returns.
    struct Shape: Sendable, Hashable {
        /// Whether it takes `jsonb`, and not `json`.
        var takesBinary: Bool
        var returnsNothing: Bool
        var returnsJSON: Bool
    }

    /// The functions of a name that take one `json` or `jsonb`: whether it is the latter, whether they return `void`,
    /// whether they return JSON.
    ///
    /// $1 text: schema, $2 text: name. Locks: none.
    static let findFunction = Statement(
        name: "find_function",
        text: """
            select
                function.proargtypes[0] = 'pg_catalog.jsonb'::regtype,
                function.prorettype = 'pg_catalog.void'::regtype,
                function.prorettype in ('pg_catalog.json'::regtype, 'pg_catalog.jsonb'::regtype)
            from pg_catalog.pg_proc as function
            inner join pg_catalog.pg_namespace as namespace on namespace.oid = function.pronamespace
            where
                namespace.nspname = $1::name
                and function.proname = $2::name
                and function.prokind = 'f'
                and not function.proretset
                and function.pronargs = 1
                and function.proargtypes[0] in ('pg_catalog.json'::regtype, 'pg_catalog.jsonb'::regtype)
            """,
        isReadOnly: true
    )

    /// Calls a function. $1 json: what it gets.
    static func call(_ function: TableName, _ shape: Shape) -> Statement {
        let call = "\(function.quoted)(\(shape.takesBinary ? "cast($1 as pg_catalog.jsonb)" : "$1"))"
        let value = shape.returnsJSON || shape.returnsNothing ? call : "pg_catalog.to_json(\(call))"
        return Statement(name: "call_function", text: "select cast(\(value) as pg_catalog.text)")
    }
}
