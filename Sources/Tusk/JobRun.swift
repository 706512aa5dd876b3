import Synchronization
import TuskStore

/// One run of a handler for one claimed job: from the slot that starts it to the settlement.
final class JobRun: Sendable {
    let item: Feed.Item
    let handler: Handler
    let startedAt: ContinuousClock.Instant
    /// Its span; nil: nobody takes spans, or its trace is not recorded.
    let trace: JobTrace?
    /// When its time is over.
    let deadline: ContinuousClock.Instant
    private let reports: ReportQueue
    let store: Store
    private let state = Mutex(RunState())

    /// The most lines that one attempt may log; the last of them says so.
    static let logLinesMax = 10_000

    /// A run that starts at this moment.
    init(
        _ item: Feed.Item,
        handler: Handler,
        reports: ReportQueue,
        store: Store,
        startedAt: ContinuousClock.Instant,
        trace: JobTrace? = nil
    ) {
        self.item = item
        self.handler = handler
        self.reports = reports
        self.store = store
        self.startedAt = startedAt
        self.trace = trace
        deadline = startedAt.advanced(by: item.job.timeout ?? handler.policy.timeout)
    }

    var job: ClaimedJob { item.job }
    var registration: Registration { item.registration }

    /// Calls the handler. Nil when the run was given up and settled meanwhile.
    func perform() async -> Settlement? {
        let end: Result<Void, any Error>
        do {
            try await handler.perform(JobContext(self))
            end = .success(())
        } catch JobDirective.unavailable(let reason, let key, let delay)
            where noteUnavailable(reason, key: key, retryAfter: delay)
        {
            end = .failure(HeldBack(reason: reason))
        } catch {
            end = .failure(error)
        }
        let (closing, state) = state.withLock { ($0.end(), $0) }
        switch closing {
        case .abandoned: return nil
        case .settled(let cause): return settlement(end, told: cause, state)
        }
    }

    /// Tells the breakers of the job's keys, or of one key, that their resource is unavailable; false: there are none.
    /// Blocks. When the database does not answer the job has failed in the usual way.
    func noteUnavailable(_ reason: String, key: String?, retryAfter delay: Duration?) -> Bool {
        do throws(StoreError) {
            return try store.withSession { session throws(StoreError) in
                try session.noteUnavailable(job.id, key: key, reason: reason, hold: delay)
            }
        } catch {
            return false
        }
    }

    /// Gives the run up, in the name of the cause it was told to stop for. Nil when it ended meanwhile.
    func abandon(_ cause: StopCause) -> Settlement? {
        let (isAbandoned, state) = state.withLock { ($0.abandon(), $0) }
        return isAbandoned ? settlement(.failure(CancellationError()), told: cause, state) : nil
    }

    /// Tells the handler to stop. True when it was not told before; then its task has to be cancelled.
    func stop(_ cause: StopCause, at now: ContinuousClock.Instant) -> Bool {
        state.withLock { $0.stop(cause, at: now) }
    }

    /// What has to be done about it at this moment.
    func alarm(at now: ContinuousClock.Instant, grace: Duration) -> RunState.Alarm {
        state.withLock { $0.alarm(at: now, deadline: deadline, grace: grace) }
    }

    /// Whether the handler should stop.
    var isStopping: Bool { state.withLock { $0.isStopping } }

    private func settlement(_ end: Result<Void, any Error>, told: StopCause?, _ state: RunState) -> Settlement {
        let attemptEnd = Ending.attemptEnd(end, told: told, result: state.result)
        return Settlement(self, attemptEnd, told: told, hasReported: state.hasReported)
    }
}

/// What the handler says while it runs.
extension JobRun {
    /// Keeps the result for the settlement.
    func setResult(_ result: JSONText) {
        state.withLock { $0.result = result }
    }

    /// Notes that a step begins. False when one of this name did before in this attempt.
    func beginStep(_ name: String) -> Bool {
        state.withLock { $0.beginStep(name) }
    }

    /// Passes progress on, to be stored soon.
    func report(fraction: Double, message: String?) {
        guard state.withLock({ $0.report() }) else { return }
        let report = ProgressReport(id: job.id, lease: job.lease, fraction: fraction, message: message)
        reports.add(report, of: registration)
    }

    /// Passes a line on, to be stored soon.
    func log(_ level: JobLogLevel, _ message: String) {
        guard let number = state.withLock({ $0.nextLogLine() }), number <= Self.logLinesMax else { return }
        let text = number == Self.logLinesMax ? "further lines of this attempt are not kept" : message
        let line = JobLogLine(id: job.id, lease: job.lease, line: Int32(number), level: level.severity, message: text)
        reports.add(line, of: registration)
    }
}
