package import TuskCore
package import TuskHTTP
package import TuskStore
package import TuskTelemetry

/// The HTTP API: all routes, and the threads that answer them.
///
/// ```
/// request --> Gate (who, may they) --> route --+--> Coalescer ---> one statement for many ---> answers
///                                              +--> Lanes -------> one session for each
///                                              +--> stream lanes > bulk requests, line by line
///                                              +--> ClaimDesk ---> work over HTTP: waits, claims, settles
/// ```
///
/// `drain` makes `/readyz` say that the process goes away while everything is still answered; then the server is
/// drained, and `stop` ends the threads. The store's calls should give up after about 2 seconds, because that is how
/// long a client waits for its 503 when the database hangs.
package final class API: Sendable {
    /// Every route, in the order in which they were added; the router is made of nothing else.
    package let routes: [APIRoute]

    private let documentRoute: DocumentRoute
    private let services: Services
    private let claims: ClaimDesk
    private let jobStreams: JobStreams
    private let gate: Gate
    private let metrics: APIMetrics
    private let registry: MetricsRegistry
    private let probe: ReadinessProbe
    private let probes: Lanes
    /// Of its own, so that nobody's key waits behind somebody's slow list.
    private let keys: Lanes
    private let strangers: Lanes

    /// An API that is not started.
    ///
    /// - Parameters:
    ///   - store: Where the jobs are. Closing it is its owner's.
    ///   - configuration: Limits and whether credentials are needed.
    ///   - registry: Where the API's metrics go, and what `/metrics` shows.
    ///   - logger: Where failures go.
    ///   - tracer: Who takes the spans of enqueues; nil: nobody.
    ///   - wake: Called after each commit of new jobs with their queues, from the API's threads. Must not block.
    package init(
        store: Store,
        configuration: APIConfiguration = APIConfiguration(),
        registry: MetricsRegistry,
        logger: Logger,
        tracer: Tracer? = nil,
        wake: @escaping @Sendable (Set<QueueName>) -> Void = { _ in }
    ) {
        let logger = logger.with(["part": "api"])
        metrics = APIMetrics(registry)
        self.registry = registry
        let authenticator = Authenticator(store: store, configuration: configuration, logger: logger)
        let claims = ClaimDesk(
            store: store,
            authenticator: authenticator,
            configuration: configuration,
            metrics: metrics,
            registry: registry,
            logger: logger,
            wake: wake
        )
        self.claims = claims
        let wakeAll: @Sendable (Set<QueueName>) -> Void = { queues in
            wake(queues)
            claims.signal(queues)
        }
        let effects = EnqueueEffects(metrics: metrics, wake: wakeAll)
        let waiting = WaitingResults(store: store, waitsMax: configuration.waitingResultsMax, logger: logger)
        let coalescer = Coalescer(
            store: store,
            configuration: configuration,
            effects: effects,
            waiting: waiting,
            logger: logger
        )
        services = Services(
            store: store,
            configuration: configuration,
            lanes: Self.lanes("lane", configuration.lanes, configuration),
            streams: Self.lanes("stream", configuration.streams, configuration),
            coalescer: coalescer,
            waiting: waiting,
            effects: effects,
            tracer: tracer,
            logger: logger
        )
        jobStreams = JobStreams(store, configuration, registry, logger)
        keys = Self.lanes("key", 1, configuration)
        strangers = Self.lanes("stranger", 1, configuration)
        gate = Gate(
            authenticator: authenticator,
            allowsAnonymous: configuration.allowsAnonymous,
            lanes: keys,
            strangers: strangers,
            metrics: metrics
        )
        probe = ReadinessProbe(store: store, cacheTime: configuration.readinessCacheTime, logger: logger)
        probes = Self.lanes("probe", 1, configuration)
        let probeRoutes = ProbeRoutes(services: services, probe: probe, registry: registry, lanes: probes)
        let described =
            Self.routes(services) + JobEventRoutes(services: services, streams: jobStreams).routes
            + ClaimRoutes(claims: claims, configuration: configuration).routes + PageRoutes().routes
            + probeRoutes.routes
        documentRoute = DocumentRoute(others: described, version: configuration.version)
        routes = described + [documentRoute.route]
    }

    /// The routes that need nothing but the services.
    private static func routes(_ services: Services) -> [APIRoute] {
        EnqueueRoute(services: services).routes + BulkRoute(services: services).routes
            + QueueRoutes(services: services).routes + JobRoutes(services: services).routes
            + LimitRoutes(services: services).routes + OrderKeyRoutes(services: services).routes
            + StatsRoutes(services: services).routes + ErrorRoutes(services: services).routes
            + OperationRoutes(services: services).routes + ScheduleRoutes(services: services).routes
            + WorkerRoutes(services: services).routes + AuditRoutes(services: services).routes
    }

    /// The OpenAPI description of the routes, as `/openapi.json` serves it.
    package var document: [UInt8] { documentRoute.document }

    private static func lanes(_ name: String, _ count: Int, _ configuration: APIConfiguration) -> Lanes {
        Lanes(
            name,
            Lanes.Limits(
                lanes: count,
                waitingMax: configuration.waitingRequestsMax,
                waitingTimeMax: configuration.waitingTimeMax
            )
        )
    }

    /// What a server needs to find its way here.
    package func router() -> Router {
        var router = Router()
        for route in routes {
            router.add(route.method, route.pattern, body: route.body, handler: gate.handler(route))
        }
        return router
    }

    /// A server with these routes, whose own refusals look like the API's and whose requests are counted.
    package func server(_ configuration: HTTPServerConfiguration) -> HTTPServer {
        let server = HTTPServer(
            configuration: configuration,
            router: router(),
            errorResponse: Self.errorResponse,
            observer: { [metrics] in metrics.note($0) }
        )
        registry.sampled(
            "tusk_http_connections",
            type: .gauge,
            help: "Open connections of the HTTP server."
        ) { [weak server] in
            server.map { [MetricSample(Double($0.connectionCount))] } ?? []
        }
        return server
    }

    /// The answer to what the server refuses by itself. The request's own id is not known there.
    private static let errorResponse: @Sendable (HTTPRefusal) -> HTTPResponse = { refusal in
        let requestID = RequestID.new()
        var response = PageRoutes.notFound(refusal) ?? Problem(refusal).response(requestID: requestID)
        response.headers.append((RequestID.field, requestID))
        return response
    }

    /// Starts the threads. Once.
    package func start() {
        for lanes in [keys, strangers, services.lanes, services.streams, probes] { lanes.start() }
        services.coalescer.start()
        claims.start()
    }

    /// From now on `/readyz` says `draining`, so that nobody sends new requests here; those that come are answered.
    /// Claims that wait get no jobs any more, and who waits for the end of a job is told that it has not ended.
    package func drain() {
        probe.drain()
        claims.drain()
        jobStreams.drain()
        services.waiting.drain()
    }

    /// Refuses what still waits, finishes what runs, and returns when no thread is left: within the time that one call
    /// of the store may take. Any number of times, also before `start`.
    package func stop() {
        probe.drain()
        claims.stop()
        services.coalescer.stop()
        for lanes in [keys, strangers, services.lanes, services.streams, probes] { lanes.stop() }
        services.waiting.stop()
        jobStreams.stop()
    }

    /// Whether the process can do its work. Blocks while it asks the database, but asks it at most once a second.
    package func readiness() -> Readiness {
        probe.check()
    }
}
