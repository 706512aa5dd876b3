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
