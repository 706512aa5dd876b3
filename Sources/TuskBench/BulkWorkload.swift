import Glibc
import TuskCore
import TuskStore

/// Jobs enqueued as NDJSON over HTTP: one streamed request, one answer a line.
struct BulkWorkload: Workload {
    let database: BenchDatabase
    let plan: BenchPlan

    func tusk() throws -> Figures {
        let server = try BenchServer(database)
        defer { server.stop() }
        let session = try database.session()
        defer { session.close() }
        let line = #"{"kind":"\#(BenchJob.kind)","args":\#(BenchJob.args)}"# + "\n"
        let start = try Meter(session)
        let answers = try NDJSONUpload(port: server.port).send(line, times: plan.jobs)
        guard answers == plan.jobs else { throw BenchFailure("\(answers) of \(plan.jobs) lines were accepted") }
        return Figures(jobs: plan.jobs, from: start, to: try Meter(session))
    }

    func limit() throws -> Figures? {
        try EnqueueWorkload(database: database, plan: plan).limit()
    }

    func classic() throws -> Figures? {
        try EnqueueWorkload(database: database, plan: plan).classic()
    }
}
