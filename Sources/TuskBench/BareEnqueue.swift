import TuskCore
import TuskPostgres
import TuskStore

/// The statement of an enqueue without Tusk around it: its parameters are made once.
struct BareEnqueue {
    private static let enqueueJobs = SQLCatalog.statement("enqueue_jobs", isKept: true)

    private let session: StoreSession
    private let parameters: Parameters

    /// Enqueues of so many jobs each.
    init(_ session: StoreSession, batch: Int) {
        self.session = session
        let job = BenchJob.job
        var parameters = Parameters()
        parameters.int2(session.shard)
        parameters.textArray([String](repeating: job.kind.text, count: batch))
        parameters.textArray([String](repeating: job.queue.text, count: batch))
        parameters.int2Array([Int16](repeating: job.priority.rawValue, count: batch))
        parameters.int2Array([Int16](repeating: Int16(job.maxAttempts), count: batch))
        parameters.jsonArray([[UInt8]](repeating: job.args.bytes, count: batch))
        parameters.int4Array([Int32](repeating: Int32(job.args.bytes.count), count: batch))
        parameters.timestampArray(optional: [Int64?](repeating: nil, count: batch))
        parameters.int8Array(optional: [Int64?](repeating: nil, count: batch))
        parameters.int4Array(optional: [Int32?](repeating: nil, count: batch))
        parameters.jsonArray(optional: [[UInt8]?](repeating: nil, count: batch))
        parameters.textArray(optional: [String?](repeating: nil, count: batch))
        parameters.jsonArray(optional: [[UInt8]?](repeating: nil, count: batch))
        parameters.textArray(optional: [String?](repeating: nil, count: batch))
        parameters.textArray(optional: [])
        parameters.textArray(optional: [])
        parameters.textArray(optional: [])
        self.parameters = parameters
    }

    /// Enqueues one batch.
    func send() throws {
        _ = try session.run(Self.enqueueJobs) { $0 = parameters }
    }
}
