import TuskCore
import TuskPostgres
import TuskStore

/// The reference `classic`: the design that other queues use, sent by the same bare loop.
struct ClassicLoop {
    private static let enqueueJobs = SQLCatalog.statement("enqueue_classic", in: "bench", isKept: true)
    private static let claimJobs = SQLCatalog.statement("claim_classic", in: "bench", isKept: true)
    private static let finishJobs = SQLCatalog.statement("finish_classic", in: "bench", isKept: true)

    private let session: StoreSession
    private let worker = WorkerID.random()

    /// A loop over the table `classic`.
    init(_ session: StoreSession) {
        self.session = session
    }

    /// Enqueues so many equal jobs in one statement.
    func enqueue(_ count: Int) throws {
        let job = BenchJob.job
        _ = try session.run(Self.enqueueJobs) {
            $0.textArray([String](repeating: job.queue.text, count: count))
            $0.textArray([String](repeating: job.kind.text, count: count))
            $0.jsonArray([[UInt8]](repeating: job.args.bytes, count: count))
        }
    }

    /// Claims up to so many jobs and finishes them; how many.
    func round(_ batch: Int) throws -> Int {
        let claimed = try session.run(Self.claimJobs) {
            $0.text(QueueName.standard.text)
            $0.uuid(worker)
            $0.int4(Int32(batch))
        }
        guard claimed.rowCount > 0 else { return 0 }
        _ = try session.run(Self.finishJobs) { parameters in
            parameters.int8Array((0..<claimed.rowCount).map { claimed.int8($0, 0) })
        }
        return claimed.rowCount
    }
}
