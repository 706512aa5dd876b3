import Dispatch
import TuskCore
import TuskHTTP
import TuskStore

/// Durable enqueues over HTTP, one job a request, from many connections at once.
struct HTTPWorkload: Workload {
    /// Sessions of the reference: more made it slower here.
    private static let classicSessions = 8

    let database: BenchDatabase
    let plan: BenchPlan

    /// The request of one enqueue.
    private static let request: String = {
        let body = #"{"kind":"\#(BenchJob.kind)","args":\#(BenchJob.args)}"#
        return "POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }()

    func tusk() throws -> Figures {
        let server = try BenchServer(database)
        defer { server.stop() }
        return try measure(server.port)
    }

    /// The same statement for as many jobs as there are connections, without HTTP.
    func limit() throws -> Figures? {
        let session = try database.session()
        defer { session.close() }
        let bare = BareEnqueue(session, batch: plan.connections)
        let start = try Meter(session)
        var done = 0
        while start.at.duration(to: .now) < plan.time {
            try bare.send()
            done += plan.connections
        }
        return Figures(jobs: done, from: start, to: try Meter(session))
    }

    /// The same server with one INSERT into one table for each request.
    func classic() throws -> Figures? {
        let loops = try (0..<Self.classicSessions).map { _ in ClassicLoop(try database.session()) }
        let lanes = loops.enumerated().map { ClassicLane(number: $0.offset, loop: $0.element) }
        var router = Router()
        let turn = Tally()
        router.add(.post, "/v1/jobs", body: .buffered(bytesMax: 1 << 20)) { _, responder in
            turn.add(1)
            lanes[turn.value % lanes.count].enqueue(responder)
        }
        let server = HTTPServer(configuration: HTTPServerConfiguration(address: "127.0.0.1:0"), router: router)
        let port = try BenchServer.start(server)
        defer { server.stop() }
        return try measure(port)
    }

    private func measure(_ port: UInt16) throws -> Figures {
        let session = try database.session()
        defer { session.close() }
        let load = HTTPLoad(port: port, request: Self.request, connections: plan.connections)
        _ = try load.run(for: .milliseconds(500))
        let start = try Meter(session)
        let outcome = try load.run(for: plan.time)
        guard outcome.bad == 0 else { throw BenchFailure("\(outcome.bad) requests were refused") }
        var figures = Figures(jobs: outcome.good, from: start, to: try Meter(session))
        figures.latencies = outcome.latencies.sorted()
        return figures
    }
}

/// A thread with a session that inserts one job for each request.
///
/// `@unchecked`: the session is used on the lane's serial queue only.
private final class ClassicLane: @unchecked Sendable {
    private let loop: ClassicLoop
    private let queue: DispatchQueue

    init(number: Int, loop: ClassicLoop) {
        self.loop = loop
        queue = DispatchQueue(label: "bench.classic.\(number)")
    }

    func enqueue(_ responder: HTTPResponder) {
        queue.async { [self] in
            do {
                try loop.enqueue(1)
                _ = responder.send(HTTPResponse(status: 201))
            } catch {
                _ = responder.send(HTTPResponse(status: 503))
            }
        }
    }
}
