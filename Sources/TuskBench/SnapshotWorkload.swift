import TuskPostgres
import TuskStore

/// Enqueue and work at once while somebody holds an old snapshot open, as a long report or a backup does: nothing that
/// is deleted can be cleaned away. The limit is the same without.
struct SnapshotWorkload: Workload {
    private static let begin = Statement(name: "begin", text: "begin isolation level repeatable read")
    private static let look = SQLCatalog.statement("measure_database", in: "bench", isReadOnly: true)

    let database: BenchDatabase
    let plan: BenchPlan

    func tusk() throws -> Figures {
        let reader = try database.session()
        // Its transaction ends with it.
        defer { reader.close() }
        _ = try reader.run(Self.begin)
        _ = try reader.run(Self.look)
        return try SustainedWorkload(database: database, plan: plan).tusk()
    }

    func limit() throws -> Figures? {
        try SustainedWorkload(database: database, plan: plan).tusk()
    }
}
