import Dispatch
import Synchronization
import TuskStore
import TuskTelemetry

/// Runs one duty on a thread and a session of its own, round after round, whatever the database does meanwhile.
final class DutyLoop<Work: Duty>: DutyRunner {
    private let context: DutyContext
    private let work: Work
    private let thread = DutyThread(name: Work.name)
    /// Whether to leave without a word, as a killed process does.
    private let vanishes = Mutex(false)
    private let metrics: DutyMetrics
    private let logger: Logger

    init(_ work: Work, _ context: DutyContext) {
        self.work = work
        self.context = context
        metrics = DutyMetrics(Work.name, context.metrics)
        logger = context.logger.with(["duty": .text(Work.name)])
    }

    func start() {
        thread.start { self.run() }
    }

    func wake() {
        thread.wake()
    }

    func stop(vanishing: Bool) {
        if vanishing { vanishes.withLock { $0 = true } }
        thread.stop()
    }

    func join(until deadline: DispatchTime) -> Bool {
        thread.join(until: deadline)
    }

    /// The thread.
    private func run() {
        var work = work
        var session: StoreSession?
        var backoff = Backoff(first: context.configuration.retryDelay, longest: context.configuration.retryDelayMax)
        while !thread.shouldStop {
            guard !Work.isForLeader || context.leadership.mustWork else {
                session?.close()
                session = nil
                thread.rest(context.configuration.leaderInterval)
                continue
            }
            do throws(StoreError) {
                let rest = try round(&work, &session)
                let failures = backoff.reset()
                if failures > 0 { logger.notice("duty goes on", ["failures": .integer(Int64(failures))]) }
                thread.rest(rest)
            } catch {
                // A demoted server answers for ever and refuses to write; another session may find its successor.
                session?.close()
                session = nil
                let wait = backoff.next(random: .random(in: 0..<1))
                report(error, failures: backoff.failures)
                thread.rest(wait)
            }
        }
        finish(&work, session)
    }

    private func round(_ work: inout Work, _ session: inout StoreSession?) throws(StoreError) -> Duration {
        let start = ContinuousClock.now
        let open: StoreSession
        if let session, session.isUsable {
            open = session
        } else {
            open = try context.store.openSession(for: Work.name, callTimeout: Work.callTimeout)
            session = open
        }
        let rest = try work.round(open)
        metrics.noteSuccess(ContinuousClock.now - start)
        return rest
    }

    /// The first failure in a row, and every tenth after it: about three lines a minute while the database is away.
    private func report(_ error: StoreError, failures: Int) {
        metrics.failures.increment()
        guard failures % 10 == 1 else { return }
        let fields: LogFields = ["error": .text(error.description), "failures": .integer(Int64(failures))]
        logger.log(error.isTransient ? .warning : .error, "duty failed", fields)
    }

    private func finish(_ work: inout Work, _ session: StoreSession?) {
        guard let session else { return }
        defer { session.close() }
        guard session.isUsable, !vanishes.withLock({ $0 }) else { return }
        do throws(StoreError) {
            try work.finish(session)
        } catch {
            logger.warning("duty did not end in good order", ["error": .text(error.description)])
        }
    }
}
