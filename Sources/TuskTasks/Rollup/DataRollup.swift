package import Tusk
import TuskCore
package import TuskPostgres

/// `data.rollup`: adds the rows that a table has got since the last time to a table of sums.
///
/// The sums, the watermark and the completion of the job are one transaction, so each row counts exactly once, whatever
/// crashes. Up to where a run goes is found under a lock that no writer of the source holds: a row that is committed
/// later has a greater watermark, if its value was drawn when the row was written (a sequence without a cache) or is
/// younger than the lag (a time).
package struct DataRollup: JobHandler {
    package static let kind: Kind = "data.rollup"
    package static let policy = HandlerPolicy(timeout: .seconds(6 * 3600), isTransactional: true)

    /// How long writers of the source are waited for; longer, and others would wait behind us. 5 seconds.
    private static let lockTimeout = Duration.seconds(5)

    private let settings: ConnectionSettings
    private let tables: AllowedTables

    /// - Parameters:
    ///   - settings: How to connect; the user needs the rights for the tables.
    ///   - tables: The tables that may be read and changed.
    package init(_ settings: ConnectionSettings, tables: AllowedTables) {
        var own = DataImport.settings(settings)
        own.lockTimeout = Self.lockTimeout
        self.settings = own
        self.tables = tables
    }

    package func perform(_ args: RollupArgs, _ context: JobContext) async throws {
        do throws(TaskFailure) {
            try rollUp(args, context)
        } catch {
            throw error.directive
        }
    }

    private func rollUp(_ args: RollupArgs, _ context: JobContext) throws(TaskFailure) {
        let plan = try RollupPlan(args, tables: tables)
        let session = try calling { () throws(PostgresError) in try Session(settings) }
        defer { session.close() }
        let type = try Self.check(plan, session)
        let end = try Self.end(of: plan, type, session)
        let result = try session.transaction(mapping: TaskFailure.database) { session throws(TaskFailure) in
            try Self.add(plan, type, upTo: end, context, session)
        }
        do throws(TuskError) {
            try context.setResult(result)
        } catch {
            throw .refused(error.description)
        }
    }

    /// Looks for the columns; answers with the type of the watermark.
    private static func check(_ plan: RollupPlan, _ session: Session) throws(TaskFailure) -> WatermarkType {
        let source = try columns(of: plan.source, session)
        let target = try columns(of: plan.target, session)
        for name in plan.sourceColumns where source[Array(name.utf8)] == nil {
            throw .refused("source has no column \"\(name.prefix(63))\"")
        }
        for name in plan.targetColumns where target[Array(name.utf8)] == nil {
            throw .refused("target has no column \"\(name.prefix(63))\"")
        }
        // Null is never equal to null: such a group would get another row each time.
        for group in plan.groups where target[Array(group.column.utf8)]?.refusesNull == false {
            throw .refused("the column \"\(group.column)\" of target takes null, and groups must not")
        }
        let found = source[Array(plan.watermark.utf8)]?.type ?? ""
        guard let type = WatermarkType(rawValue: found) else {
            let names = WatermarkType.allCases.map(\.rawValue).joined(separator: ", ")
            throw .refused("watermark must be a column of \(names), not \(found)")
        }
        return type
    }

    private struct Column {
        let type: String
        let refusesNull: Bool
    }

    private static func columns(of table: TableName, _ session: Session) throws(TaskFailure) -> [[UInt8]: Column] {
        var parameters = Parameters()
        parameters.text(table.schema)
        parameters.text(table.name)
        let rows = try calling { () throws(PostgresError) in try session.run(RollupSQL.readColumns, parameters) }
        guard rows.rowCount > 0 else { throw .refused("there is no table \(table)") }
        let pairs = (0..<rows.rowCount).map { row in
            (rows.bytes(row, 0), Column(type: rows.text(row, 1), refusesNull: rows.bool(row, 2)))
        }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    /// Up to where this run goes; nil: there are no rows.
    private static func end(
        of plan: RollupPlan,
        _ type: WatermarkType,
        _ session: Session
    ) throws(TaskFailure) -> String? {
        var parameters = Parameters()
        if type.isTime { parameters.float8(Double(plan.lagSeconds)) }
        return try session.transaction(mapping: TaskFailure.database) { session throws(TaskFailure) in
            try calling { () throws(PostgresError) in
                _ = try session.run(RollupSQL.quiesce(plan.source))
                return try session.run(RollupSQL.findEnd(plan, type: type), parameters).textIfPresent(0, 0)
            }
        }
    }

    private static func add(
        _ plan: RollupPlan,
        _ type: WatermarkType,
        upTo end: String?,
        _ context: JobContext,
        _ session: Session
    ) throws(TaskFailure) -> JSONText {
        do throws(PostgresError) {
            var name = Parameters()
            name.text(plan.name)
            let start = try session.run(RollupSQL.holdWatermark, name).textIfPresent(0, 0)
            var bounds = Parameters()
            bounds.text(start)
            bounds.text(end)
            let deadline = Deadline.after(context.remaining)
            let sums = try session.run(RollupSQL.rollUp(plan, type: type), bounds, deadline: deadline)
            let rows = sums.int8(0, 0)
            if rows > 0 {
                name.text(end)
                _ = try session.run(RollupSQL.moveWatermark, name)
            }
            let result = Self.result(rows: rows, groups: sums.int8(0, 1), watermark: rows > 0 ? end : start)
            try JobSQL.complete(context.id, context.lease, result, on: session)
            return result
        } catch .server(let error) where error.sqlState == "42P10" {
            throw .refused("target has no unique index on the columns of group_by")
        } catch {
            throw .database(error)
        }
    }

    private static func result(rows: Int64, groups: Int64, watermark: String?) -> JSONText {
        var writer = JSONWriter(capacity: 96)
        writer.beginObject()
        writer.key("rows")
        writer.int(rows)
        writer.key("groups")
        writer.int(groups)
        writer.key("watermark")
        if let watermark { writer.string(watermark) } else { writer.null() }
        writer.endObject()
        return writer.text
    }
}
