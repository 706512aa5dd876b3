import Tusk
import TuskCore
import TuskPostgres
import TuskStore

/// A worker that has nothing to do: what it asks of the database and of the machine. Its `jobs` are statements.
struct IdleWorkload: Workload {
    private static let countTransactions = SQLCatalog.statement("count_transactions", in: "bench", isReadOnly: true)

    let database: BenchDatabase
    let plan: BenchPlan

    func tusk() throws -> Figures {
        let worker = BenchWorker.make(database.store(sessionsMax: 1)) {}
        worker.start()
        defer { worker.stop() }
        for _ in 0..<500 where !worker.status.isListening { Moment.pass(.milliseconds(10)) }
        // What happens in the first seconds is no idleness: polls grow rare step by step.
        Moment.pass(min(.seconds(12), plan.time * 2))
        let session = try database.session()
        defer { session.close() }
        let start = try Meter(session)
        let before = try session.run(Self.countTransactions).int8(0, 0)
        Moment.pass(plan.time)
        let after = try session.run(Self.countTransactions).int8(0, 0)
        return Figures(jobs: Int(after - before), from: start, to: try Meter(session))
    }
}
