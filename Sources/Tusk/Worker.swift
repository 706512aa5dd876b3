import Synchronization
package import TuskStore
package import TuskTelemetry

/// Claims jobs, runs their handlers, and writes back how they ended.
///
/// Register handlers, then `start`. The worker has threads of its own for claiming, settling and heartbeats, and one
/// thread for each slot; handlers may block. It survives the loss of its connections and of the database.
///
/// ```swift
/// let worker = try Worker(WorkerConfiguration(), connecting: "postgresql://localhost/app")
/// worker.register(SendEmail())
/// worker.start()
/// ```
public final class Worker: Sendable {
    /// How a worker stands.
    public struct Status: Sendable, Hashable {
        /// Whether it claims and runs jobs. False before the start, while it drains, and afterwards.
        public var isWorking = false
        /// Whether it has ended.
        public var hasEnded = false
        /// Whether the database knows it and it may act.
        public var isRegistered = false
        /// Whether signals arrive; otherwise jobs are found by polling.
        public var isListening = false
        /// Whether few enough handlers are stuck. An unhealthy process should be replaced.
        public var isHealthy = true
        /// Places for running jobs.
        public var slots = 0
        /// Slots that run a job.
        public var busySlots = 0
        /// Handlers that ignored that they were told to stop.
        public var stuckSlots = 0
        /// Claimed jobs that wait for a slot.
        public var queuedJobs = 0
        /// Ended jobs that wait to be written back. After the end: what is left leased and will run again.
        public var unsettledJobs = 0

        /// The status of a worker that was not started.
        public init() {}
    }

    private struct State {
        var handlers: [Kind: Handler] = [:]
        var layers: [any JobMiddleware] = []
        var engine: Engine?
        var isStopped = false
    }

    private let configuration: WorkerConfiguration
    private let store: Store
    private let registry: MetricsRegistry
    private let tracer: Tracer?
    private let observer: @Sendable (WorkerEvent) -> Void
    private let state = Mutex(State())

    /// Sessions that handlers share, besides those of the worker's own parts.
    private static let sessionsMax = 4

    /// A worker for the database of a connection string: a `postgresql://` URI, `keyword=value` words, or empty for
    /// libpq's environment. Does not connect yet. Throws `.configuration`.
    public convenience init(_ configuration: WorkerConfiguration, connecting text: String) throws(TuskError) {
        let store: Store
        do throws(StoreError) {
            store = try Store(connecting: text, applicationName: "tusk-worker", sessionsMax: Self.sessionsMax)
        } catch {
            throw .configuration(error.description)
        }
        var logger: Logger?
        if configuration.isLogging {
            logger = Logger(LogOutput(descriptor: 2), format: .logfmt, threshold: .warning)
        }
        try self.init(configuration, store: store, logger: logger)
    }

    /// The same with a store, metrics and log of the process, with who takes the spans of attempts, and with somebody
    /// who is told what happens; `observe` must not block.
    package init(
        _ configuration: WorkerConfiguration,
        store: Store,
        metrics: MetricsRegistry = MetricsRegistry(),
        logger: Logger? = nil,
        tracer: Tracer? = nil,
        observe: @escaping @Sendable (WorkerEvent) -> Void = { _ in }
    ) throws(TuskError) {
        if let fault = configuration.fault { throw .configuration(fault) }
        self.configuration = configuration
        self.store = store
        registry = metrics
        self.tracer = tracer
        let log = logger.map(WorkerLog.init)
        observer = { event in
            log?.write(event)
            observe(event)
        }
    }

    /// Lets the worker run jobs of the handler's kind. Before `start`; one handler for a kind.
    public func register(_ handler: some JobHandler) {
        register(Handler(handler))
    }

    /// The same for a kind whose args are taken as they came.
    public func register(
        _ kind: Kind,
        policy: HandlerPolicy = .standard,
        _ perform: @escaping @Sendable (JobContext) async throws -> Void
    ) {
        register(Handler(kind: kind, policy: policy, perform: perform))
    }

    /// Puts something around the attempts of all jobs, inside of what was put around them before. Before `start`.
    public func wrap(in middleware: some JobMiddleware) {
        state.withLock { state in
            precondition(state.engine == nil, "middleware is given before the worker starts")
            state.layers.append(middleware)
        }
    }

    private func register(_ handler: Handler) {
        state.withLock { state in
            precondition(state.engine == nil, "handlers are registered before the worker starts")
            precondition(state.handlers[handler.kind] == nil, "two handlers for \(handler.kind)")
            state.handlers[handler.kind] = handler
        }
    }

    /// Begins to work; once. Returns at once, also while the database is away. Does nothing after `stop`.
    public func start() {
        let engine = state.withLock { state -> Engine? in
            guard state.engine == nil, !state.isStopped else { return nil }
            let engine = Engine(
                configuration,
                store: store,
                handlers: state.handlers.mapValues { $0.inside(state.layers) },
                metrics: WorkerMetrics(registry),
                tracer: tracer,
                observer: observer
            )
            state.engine = engine
            return engine
        }
        guard let engine else { return }
        WorkerMetrics.sampleSlots(registry) { [slots = engine.slots] in (slots.count, slots.busyCount) }
        engine.start()
    }

    /// Stops claiming, and returns at once. Jobs that have not started go back, those that run have `drainTimeout`;
    /// then they are told to stop and go back without costing an attempt. Called again, it grants no more time.
    public func drain() {
        let engine = state.withLock { state in
            state.isStopped = true
            return state.engine
        }
        engine?.drain()
    }

    /// Drains and waits for the end, which comes within `drainTimeout` and two seconds, whatever handlers and database
    /// do. Any number of times. Blocks the calling thread.
    @available(*, noasync, message: "use the async stop()")
    public func stop() {
        drainOnce()
        waitForEnd()
    }

    /// The same without blocking the calling thread.
    public func stop() async {
        drainOnce()
        await withCheckedContinuation { continuation in
            OwnedThread.start("tusk-stop") {
                self.waitForEnd()
                continuation.resume()
            }
        }
    }

    /// Waits until somebody drained the worker and it has ended. Blocks the calling thread.
    package func waitForEnd() {
        state.withLock { $0.engine }?.waitForEnd()
    }

    private func drainOnce() {
        let isFirst = state.withLock { state in
            defer { state.isStopped = true }
            return !state.isStopped
        }
        if isFirst { state.withLock { $0.engine }?.drain() }
    }

    /// How it stands now.
    public var status: Status {
        guard let engine = state.withLock({ $0.engine }) else { return Status() }
        return Status(engine)
    }
}

extension Worker.Status {
    init(_ engine: Engine) {
        isWorking = engine.phase == .working
        hasEnded = engine.hasEnded
        isRegistered = engine.registrar.current?.isValid(at: .now) ?? false
        isListening = engine.signals.isListening
        slots = engine.slots.count
        busySlots = engine.slots.busyCount
        stuckSlots = engine.slots.stuckCount
        isHealthy = engine.isHealthy
        queuedJobs = engine.feed.count
        unsettledJobs = engine.settlements.count
    }
}
