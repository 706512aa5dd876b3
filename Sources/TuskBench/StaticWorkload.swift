import TuskStore

/// GET requests that need no database, on the one thread of the server. Its `jobs` are requests.
struct StaticWorkload: Workload {
    let database: BenchDatabase
    let plan: BenchPlan

    func tusk() throws -> Figures {
        let server = try BenchServer(database)
        defer { server.stop() }
        let session = try database.session()
        defer { session.close() }
        let request = "GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        let load = HTTPLoad(port: server.port, request: request, connections: plan.connections)
        let start = try Meter(session)
        let outcome = try load.run(for: plan.time)
        guard outcome.bad == 0 else { throw BenchFailure("\(outcome.bad) requests were refused") }
        var figures = Figures(jobs: outcome.good, from: start, to: try Meter(session))
        figures.latencies = outcome.latencies.sorted()
        return figures
    }
}
