import TuskCore
import TuskHTTP
import TuskStore

/// The workers that live.
struct WorkerRoutes: Sendable {
    let services: Services

    /// The most workers that the list shows.
    private static let workersMax = 1000

    var routes: [APIRoute] {
        [APIRoute(.get, "/v1/workers", .scope(.read), handle: list)]
    }

    private func list(_ call: Call) {
        services.answer(call) { _ in
        } _: { desk, _ throws(Problem) in
            let workers = try desk.ask { session throws(StoreError) in try session.workers(limit: Self.workersMax) }
            return .object { writer in
                writer.member("workers", workers) { $0.members(of: $1) }
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func members(of worker: WorkerStatus) {
        member("id", worker.id.description)
        member("state", worker.state)
        member("host", worker.host)
        member("process_id", worker.processID)
        member("version", worker.version)
        member("slots", worker.slots)
        member("running", worker.running)
        member("queues", worker.queues)
        member("kinds", worker.kinds)
        member("started_at", worker.startedAt)
        member("heartbeat_at", worker.heartbeatAt)
    }
}
