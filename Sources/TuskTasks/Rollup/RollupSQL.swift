import TuskPostgres

/// The statements of a rollup. They are here and not in `sql/` because they are made for the tables and columns that
/// the job names; every name goes through `TableName.quote`.
enum RollupSQL {
    /// The columns of a table: name, type as it is declared, whether null is refused. No rows: there is no such table.
    ///
    /// $1 text: schema, $2 text: table. Locks: none.
    static let readColumns = Statement(
        name: "read_columns",
        text: """
            select
                attribute.attname::text,
                pg_catalog.format_type(attribute.atttypid, null),
                attribute.attnotnull
            from pg_catalog.pg_attribute as attribute
            inner join pg_catalog.pg_class as class on class.oid = attribute.attrelid
            inner join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
            where
                namespace.nspname = $1::name
                and class.relname = $2::name
                and class.relkind in ('r', 'p')
                and attribute.attnum > 0
                and not attribute.attisdropped
            """,
        isReadOnly: true
    )

    /// Keeps the watermark of a name from others until the transaction ends. $1 text: name.
    static let holdWatermark = Statement(name: "hold_watermark", text: "select tusk.hold_watermark($1)")

    /// Moves it. $1 text: name, $2 text: value.
    static let moveWatermark = Statement(name: "move_watermark", text: "select tusk.move_watermark($1, $2)")

    /// Waits until nobody has written to the source and not committed, and keeps everybody from writing until the
    /// transaction ends; it has to be a short one.
    static func quiesce(_ source: TableName) -> Statement {
        Statement(name: "quiesce_source", text: "lock table \(source.quoted) in share mode")
    }

    /// The greatest watermark of the source; of times the greatest that is old enough. $1 integer: lag in seconds.
    static func findEnd(_ plan: RollupPlan, type: WatermarkType) -> Statement {
        let column = TableName.quote(plan.watermark)
        let limit =
            type.isTime ? "where source.\(column) < cast(now() - make_interval(secs => $1) as \(type.name))" : ""
        return Statement(
            name: "find_end",
            text: "select cast(max(source.\(column)) as text) from \(plan.source.quoted) as source \(limit)",
            isReadOnly: true
        )
    }

    /// Adds the rows behind $1, or all if that is null, up to $2 to the target; how many, and groups.
    static func rollUp(_ plan: RollupPlan, type: WatermarkType) -> Statement {
        let quote = TableName.quote
        let mark = "source.\(quote(plan.watermark))"
        let groups = plan.groups.map { group(column: quote($0.from.column), $0.from.unit) }
        let values = plan.aggregates.map { value($0.from) }
        let columns = plan.targetColumns.map(quote).joined(separator: ", ")
        let keys = plan.groups.map { quote($0.column) }.joined(separator: ", ")
        let changes = plan.aggregates.map { merge(quote($0.column), $0.from.function) }.joined(separator: ", ")
        return Statement(
            name: "roll_up",
            text: """
                with picked as (
                    select \((groups + values).enumerated().map { "\($1) as c\($0)" }.joined(separator: ", ")),
                        count(*) as picked_rows
                    from \(plan.source.quoted) as source
                    where
                        \(mark) <= cast($2 as \(type.name))
                        and ($1 is null or \(mark) > cast($1 as \(type.name)))
                    group by \((1...groups.count).map(String.init).joined(separator: ", "))
                ),
                merged as (
                    insert into \(plan.target.quoted) as target (\(columns))
                    select \((0..<(groups.count + values.count)).map { "picked.c\($0)" }.joined(separator: ", "))
                    from picked
                    on conflict (\(keys)) do update set \(changes)
                )
                select coalesce(sum(picked.picked_rows), 0)::bigint, count(*) from picked
                """
        )
    }

    private static func group(column: String, _ unit: RollupArgs.Unit?) -> String {
        unit.map { "date_trunc('\($0.rawValue)', source.\(column))" } ?? "source.\(column)"
    }

    private static func value(_ aggregate: RollupArgs.Aggregate) -> String {
        "\(aggregate.function.rawValue)(\(aggregate.column.map { "source.\(TableName.quote($0))" } ?? "*"))"
    }

    /// A null says that there was no value yet.
    private static func merge(_ column: String, _ function: RollupArgs.Function) -> String {
        let (old, new) = ("target.\(column)", "excluded.\(column)")
        return switch function {
        case .count, .sum: "\(column) = coalesce(\(old) + \(new), \(old), \(new))"
        case .min: "\(column) = least(\(old), \(new))"
        case .max: "\(column) = greatest(\(old), \(new))"
        }
    }
}

/// A type that a watermark may have.
enum WatermarkType: String, Sendable, CaseIterable {
    case smallint, integer, bigint, numeric
    case timestamp = "timestamp without time zone"
    case timestamptz = "timestamp with time zone"

    /// For a statement.
    var name: String { rawValue }

    var isTime: Bool {
        switch self {
        case .timestamp, .timestamptz: true
        case .smallint, .integer, .bigint, .numeric: false
        }
    }
}
