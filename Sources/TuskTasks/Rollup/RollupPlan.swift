/// What a rollup is asked to do, as far as it can be checked without the database. In a fixed order, so that one job
/// makes one statement.
struct RollupPlan: Sendable {
    let source: TableName
    let target: TableName
    let watermark: String
    let groups: [(column: String, from: RollupArgs.Group)]
    let aggregates: [(column: String, from: RollupArgs.Aggregate)]
    let lagSeconds: Int

    /// Checks args.
    init(_ args: RollupArgs, tables: AllowedTables) throws(TaskFailure) {
        source = try tables.table(args.source, "source")
        target = try tables.table(args.target, "target")
        guard source != target else { throw .refused("target must be another table than source") }
        let most = RollupArgs.columnsMax
        guard (1...most).contains(args.groupBy.count), (1...most).contains(args.aggregates.count) else {
            throw .refused("group_by and aggregates must have 1 to \(most) columns each")
        }
        guard (0...RollupArgs.lagSecondsMax).contains(args.lagSeconds) else {
            throw .refused("lag_seconds must be from 0 to \(RollupArgs.lagSecondsMax)")
        }
        groups = args.groupBy.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        aggregates = args.aggregates.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        watermark = args.watermark
        lagSeconds = args.lagSeconds
        for (column, aggregate) in aggregates where aggregate.function != .count && aggregate.column == nil {
            throw .refused("the aggregate \"\(column.prefix(63))\" needs a column")
        }
    }

    /// What the watermark is kept under: all jobs from this source into this target share it.
    var name: String { "rollup:\(source.quoted):\(target.quoted)" }

    /// The columns of the source that are used.
    var sourceColumns: [String] { [watermark] + groups.map(\.from.column) + aggregates.compactMap(\.from.column) }
    /// The columns of the target that are written.
    var targetColumns: [String] { groups.map(\.column) + aggregates.map(\.column) }
}
