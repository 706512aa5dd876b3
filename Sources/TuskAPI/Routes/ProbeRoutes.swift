import TuskCore
import TuskHTTP
import TuskStore
import TuskTelemetry

/// What watches over the process asks: does it live, is it ready, what does it count, what is it.
struct ProbeRoutes: Sendable {
    let services: Services
    let probe: ReadinessProbe
    let registry: MetricsRegistry
    /// A lane of their own, so that probes are answered while all others are busy.
    let lanes: Lanes

    var routes: [APIRoute] {
        [
            APIRoute(.get, "/livez", .open, handle: live),
            APIRoute(.get, "/healthz", .open, handle: live),
            APIRoute(.get, "/readyz", .open, parameters: ["verbose"], handle: ready),
            APIRoute(.get, "/metrics", .openOnLoopback(.read), handle: metrics),
            APIRoute(.get, "/version", .open, handle: version),
        ]
    }

    /// The server's thread answers, which is all that this says.
    private func live(_ call: Call) {
        call.answer(.object { $0.member("status", "ok") })
    }

    private func ready(_ call: Call) {
        onLane(call) { call throws(Problem) in
            let isVerbose = try call.flag("verbose")
            return probe.check().response(isVerbose: isVerbose)
        }
    }

    private func metrics(_ call: Call) {
        onLane(call) { _ throws(Problem) in
            HTTPResponse(
                status: 200,
                headers: [("Content-Type", PrometheusText.contentType), ("Cache-Control", "no-store")],
                body: registry.text()
            )
        }
    }

    private func version(_ call: Call) {
        call.answer(
            .object { writer in
                writer.member("name", "tusk")
                writer.member("version", services.configuration.version)
                writer.member("schema_version", Migration.all.last?.version ?? 0)
            }
        )
    }

    private func onLane(_ call: Call, _ body: @escaping @Sendable (Call) throws(Problem) -> HTTPResponse) {
        lanes.submit(Lanes.Work(run: { call.answer(body) }, refuse: { call.refuse($0) }))
    }
}
