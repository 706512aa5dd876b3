import TuskCore
import TuskHTTP
import TuskStore
import TuskTelemetry

/// Work over HTTP: the claims that wait, and the threads and sessions on which claims are made, extended and settled.
///
/// A lease lives in the database alone, so any API process may extend or settle what another one claimed.
final class ClaimDesk: Sendable {
    private let store: Store
    private let claimer: Claimer
    private let waiting: WaitingClaims
    private let claimLanes: Lanes
    /// Of their own, so that no heartbeat waits behind claims.
    private let settleLanes: Lanes

    /// Threads that claim, and threads that extend and settle; each needs a session while it works, and those that
    /// claim one more of the API's pool, to look at keys again.
    static let lanesOfEachSort = 2

    init(
        store: Store,
        authenticator: Authenticator,
        configuration: APIConfiguration,
        metrics: APIMetrics,
        registry: MetricsRegistry,
        logger: Logger,
        wake: @escaping @Sendable (Set<QueueName>) -> Void
    ) {
        self.store = Store(store.settings, sessionsMax: Self.lanesOfEachSort * 2, keepsPlans: true)
        let limits = Lanes.Limits(
            lanes: Self.lanesOfEachSort,
            waitingMax: configuration.waitingRequestsMax,
            waitingTimeMax: configuration.waitingTimeMax
        )
        claimLanes = Lanes("claim", limits)
        settleLanes = Lanes("settle", limits)
        let waiting = WaitingClaims(
            store: store,
            limits: WaitingClaims.State.Limits(
                waitsMax: configuration.waitingClaimsMax,
                pollInterval: configuration.claimPollInterval
            ),
            lanes: claimLanes,
            logger: logger
        )
        self.waiting = waiting
        claimer = Claimer(
            store: self.store,
            authenticator: authenticator,
            version: configuration.version,
            metrics: metrics,
            logger: logger,
            wake: { queues in
                wake(queues)
                waiting.signal(queues)
            }
        )
        registry.sampled(
            "tusk_http_claims_waiting",
            type: .gauge,
            help: "Claims over HTTP that wait for jobs."
        ) { [weak waiting] in
            waiting.map { [MetricSample(Double($0.waitCount))] } ?? []
        }
    }

    /// Takes a claim in; it is answered when there are jobs or its time is up.
    func enter(_ call: Call, _ form: ClaimForm) {
        waiting.enter(WaitingClaims.Waiter(call: call, form: form, claimer: claimer))
    }

    /// Answers on a lane with what `body` does.
    func answer(_ call: Call, _ body: @escaping @Sendable (Claimer) throws(Problem) -> HTTPResponse) {
        let run: @Sendable () -> Void = { [claimer] in
            call.answer { _ throws(Problem) in try body(claimer) }
        }
        settleLanes.submit(Lanes.Work(run: run, refuse: { call.refuse($0) }))
    }

    /// Lets claims try that wait for one of these queues. Any thread; it does not wait.
    func signal(_ queues: Set<QueueName>) {
        waiting.signal(queues)
    }

    /// Starts the threads that claim and settle. Once.
    func start() {
        claimLanes.start()
        settleLanes.start()
    }

    /// Answers what waits, with no jobs, and refuses new claims; what is claimed can be extended and settled.
    func drain() {
        waiting.drain()
    }

    /// The same, refuses everything else, and returns when no thread is left. Any number of times.
    func stop() {
        waiting.drain()
        claimLanes.stop()
        waiting.stop()
        settleLanes.stop()
        store.close()
    }
}
