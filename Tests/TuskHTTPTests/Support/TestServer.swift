import Synchronization

@testable import TuskHTTP

/// A running server on a port of its own, stopped when the test lets go of it.
final class TestServer: Sendable {
    let server: HTTPServer
    let address: String

    init(
        limits: HTTPLimits = HTTPLimits(),
        host: String = "127.0.0.1",
        errorResponse: @escaping @Sendable (HTTPRefusal) -> HTTPResponse = HTTPResponse.plain,
        observer: HTTPObserver? = nil,
        _ routes: (inout Router) -> Void
    ) throws {
        var router = Router()
        routes(&router)
        let configuration = HTTPServerConfiguration(address: "\(host):0", limits: limits)
        server = HTTPServer(
            configuration: configuration,
            router: router,
            errorResponse: errorResponse,
            observer: observer
        )
        address = try server.start()
    }

    deinit { server.stop() }

    func client() throws -> TestClient { try TestClient(address) }

    /// Sends one request on a connection of its own and reads the answer.
    func answer(to request: String) throws -> TestResponse {
        let client = try client()
        try client.send(request)
        return try client.response()
    }
}

/// Counts from any thread.
final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { count.load(ordering: .sequentiallyConsistent) }

    func add(_ number: Int = 1) { count.add(number, ordering: .sequentiallyConsistent) }
}

/// Keeps what threads hand over, and lets a test wait for it.
final class Box<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])
    private let point = WaitPoint()

    func put(_ value: Value) {
        values.withLock { $0.append(value) }
        point.signal()
    }

    /// Takes the oldest value, waiting for it.
    func take() throws -> Value {
        let deadline = Moment.after(Moment.now(), .seconds(20))
        while true {
            let ticket = point.ticket()
            if let value = values.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { return value }
            guard point.wait(leaving: ticket, until: deadline) else { throw TestClient.Failure.timeout }
        }
    }

    var all: [Value] { values.withLock { $0 } }
}

/// SplitMix64: the same seed, the same walk.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension HTTPResponse {
    static func text(_ text: String, status: Int = 200) -> HTTPResponse {
        HTTPResponse(status: status, headers: [("Content-Type", "text/plain")], body: Array(text.utf8))
    }
}
