import Dispatch
import TuskAPI
import TuskCore
import TuskHTTP
import TuskTelemetry

/// `/livez`, `/readyz` and `/metrics` of a process without an API, on a listener of their own.
final class AdminRole: ServiceRole {
    let name = "admin"
    private let server: HTTPServer
    private let probe: ReadinessProbe

    /// A listener at `address`. `roles` are asked whether they are stuck.
    init(_ parts: ServiceParts, at address: String, watching roles: [any ServiceRole]) {
        let probe = ReadinessProbe(store: parts.database.store, logger: parts.logger)
        self.probe = probe
        let registry = parts.registry
        // Probes come one at a time and seldom, so one lane answers them all; metrics have another, because a probe
        // waits for the database and what is counted is wanted most when that hangs.
        let probes = DispatchQueue(label: "tusk.admin.probe")
        let metrics = DispatchQueue(label: "tusk.admin.metrics")
        var router = Router()
        router.add(.get, "/livez") { _, responder in
            responder.send(Self.liveness(stuck: roles.filter(\.isStuck).map(\.name)))
        }
        router.add(.get, "/readyz") { _, responder in
            probes.async { responder.send(probe.check().response()) }
        }
        router.add(.get, "/metrics") { _, responder in
            metrics.async {
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
        probe.drain()
    }

    func stop() {
        server.stop()
    }

    /// As the API answers, and with the names of the roles that are stuck.
    private static func liveness(stuck: [String]) -> HTTPResponse {
        let body = JSONWriter.object {
            $0.put("status", stuck.isEmpty ? "ok" : "stuck")
            if !stuck.isEmpty { $0.put("stuck", stuck) }
        }
        let headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
        return HTTPResponse(status: stuck.isEmpty ? 200 : 503, headers: headers, body: body)
    }
}
