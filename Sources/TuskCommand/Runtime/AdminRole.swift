import Dispatch
import Synchronization
import TuskAPI
import TuskCore
import TuskHTTP
import TuskStore
import TuskTelemetry

/// `/livez`, `/readyz` and `/metrics` of a process without an API, on a listener of their own.
final class AdminRole: ServiceRole {
    let name = "admin"
    private let server: HTTPServer
    private let draining: DrainFlag
    /// How long the database may take to say how it is.
    private static let probeTimeout = Duration.seconds(1)

    /// A listener at `address`. `roles` are asked whether they are stuck.
    init(_ parts: ServiceParts, at address: String, watching roles: [any ServiceRole]) {
        let draining = DrainFlag()
        self.draining = draining
        let (registry, database) = (parts.registry, parts.database)
        // Probes come one at a time and seldom, so one lane answers them all.
        let lane = DispatchQueue(label: "tusk.admin")
        var router = Router()
        router.add(.get, "/livez") { _, responder in
            let stuck = roles.filter(\.isStuck).map(\.name)
            responder.send(Self.answer(stuck.isEmpty ? 200 : 503, "stuck", stuck))
        }
        router.add(.get, "/readyz") { _, responder in
            lane.async { responder.send(Self.readiness(database, isDraining: draining.isSet)) }
        }
        router.add(.get, "/metrics") { _, responder in
            lane.async {
                let type = ("Content-Type", PrometheusText.contentType)
                responder.send(HTTPResponse(status: 200, headers: [type], body: registry.text()))
            }
        }
        server = HTTPServer(configuration: HTTPServerConfiguration(address: address), router: router)
    }

    func start() throws(CommandError) -> String {
        do throws(HTTPServerError) {
            return "http://\(try server.start())"
        } catch {
            throw CommandError(error, option: .adminListen)
        }
    }

    /// Goes on answering, for those who watch the others drain.
    func drain(within limit: Duration) {
        draining.set()
    }

    func stop() {
        server.stop()
    }

    private static func readiness(_ database: Database, isDraining: Bool) -> HTTPResponse {
        var health: ServerHealth?
        var schema: SchemaState?
        do throws(CommandError) {
            (health, schema) = try database.withAnySchema { session throws(StoreError) in
                (try session.health(within: probeTimeout), try session.schemaState())
            }
        } catch {
            // That it is not known is what the answer says.
            (health, schema) = (nil, nil)
        }
        let readiness = Readiness(health: health, schema: schema, isDraining: isDraining)
        return answer(readiness.isReady ? 200 : 503, "reasons", readiness.reasons.map(\.rawValue))
    }

    private static func answer(_ status: Int, _ name: String, _ reasons: [String]) -> HTTPResponse {
        let body = JSONWriter.object {
            $0.put("ok", status == 200)
            $0.put(name, reasons)
        }
        let headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
        return HTTPResponse(status: status, headers: headers, body: body)
    }

    /// Shared with the routes.
    private final class DrainFlag: Sendable {
        private let state = Mutex(false)
        var isSet: Bool { state.withLock { $0 } }
        func set() { state.withLock { $0 = true } }
    }
}
