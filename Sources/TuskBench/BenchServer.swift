import Synchronization
import TuskAPI
import TuskCore
import TuskHTTP
import TuskStore
import TuskTelemetry

/// The API as `tusk api` runs it, in this process, on a port of its own.
final class BenchServer {
    let port: UInt16
    private let store: Store
    private let api: API
    private let server: HTTPServer

    /// Starts it. Nobody needs a key.
    init(_ database: BenchDatabase) throws {
        var configuration = APIConfiguration()
        configuration.allowsAnonymous = true
        store = Store(database.settings, sessionsMax: configuration.sessionsMax)
        let logger = Logger(LogOutput(descriptor: 2), format: .logfmt, threshold: .warning)
        api = API(store: store, configuration: configuration, registry: MetricsRegistry(), logger: logger)
        server = api.server(HTTPServerConfiguration(address: "127.0.0.1:0"))
        api.start()
        port = try Self.start(server)
    }

    /// Stops it.
    func stop() {
        server.stop()
        api.stop()
        store.close()
    }

    /// Starts a server and tells its port.
    static func start(_ server: HTTPServer) throws -> UInt16 {
        do throws(HTTPServerError) {
            let address = try server.start()
            guard let port = address.split(separator: ":").last.flatMap({ UInt16($0) }) else {
                preconditionFailure("an address with a port")
            }
            return port
        } catch {
            throw BenchFailure("the HTTP server did not start: \(error)")
        }
    }
}
