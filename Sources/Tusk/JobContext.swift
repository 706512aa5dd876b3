import TuskStore
import TuskTelemetry

/// How much a line that a handler logs matters.
public enum JobLogLevel: Sendable, Hashable, CaseIterable {
    case debug
    case info
    case warning
    case error

    /// The severity number of syslog. Source: RFC 5424, table 2.
    package var severity: Int16 {
        switch self {
        case .debug: 7
        case .info: 6
        case .warning: 4
        case .error: 3
        }
    }
}

/// A job as its handler sees it. May be used from any thread, and kept; once the attempt is over it has no effect.
public struct JobContext: Sendable {
    private let run: JobRun

    init(_ run: JobRun) {
        self.run = run
    }

    /// The job. An idempotency key for effects outside: all attempts of a job have the same.
    public var id: JobID { run.job.id }
    /// The fence: greater for each later claim of the job, so who receives it can refuse an earlier one.
    public var lease: LeaseNumber { run.job.lease }
    /// What kind of job it is.
    public var kind: Kind { run.job.kind }
    /// The queue it waited in.
    public var queue: QueueName { run.job.queue }
    /// Its band in the queue.
    public var priority: Priority { run.job.priority }
    /// The number of this attempt, from 1.
    public var attempt: Int { run.job.attempt }
    /// How many failed attempts end it.
    public var maxAttempts: Int { run.job.maxAttempts }
    /// When it was enqueued, by the database's clock.
    public var createdAt: Timestamp { run.job.createdAt }
    /// Words to find it by.
    public var tags: [String] { run.job.tags }
    /// What its sender keeps with it.
    public var metadata: JSONText? { run.job.metadata }
    /// The W3C trace context to pass on: that of whoever enqueued it, or the span of this attempt while the process
    /// exports spans.
    public var traceparent: String? { run.trace?.context.traceparent ?? run.job.traceparent }
    /// The input as it came, byte for byte. Copied at each call.
    public var rawArgs: JSONText { run.job.args }

    /// Lends a session of the worker's for the time of `body`. Blocks.
    func withSession<Answer>(
        _ body: (StoreSession) throws(StoreError) -> Answer
    ) throws(TuskError) -> Answer {
        do throws(StoreError) {
            return try run.store.withSession(body)
        } catch {
            throw TuskError(error)
        }
    }

    /// Tells the breakers of the job's keys that their resource is unavailable; false: there are none. Blocks.
    package func noteUnavailable(_ reason: String, retryAfter delay: Duration?) -> Bool {
        run.noteUnavailable(reason, key: nil, retryAfter: delay)
    }

    /// Notes that a step begins. False when one of this name did before in this attempt.
    func noteStep(_ name: String) -> Bool { run.beginStep(name) }

    /// The worker that runs it.
    package var worker: WorkerID { run.registration.id }

    /// Whether the handler should stop: cancelled, out of time, or the worker drains or has lost the job.
    public var isCancelled: Bool { run.isStopping }

    /// Throws `CancellationError` when the handler should stop.
    public func checkCancelled() throws {
        if isCancelled { throw CancellationError() }
    }

    /// When the time for this attempt is over.
    public var deadline: ContinuousClock.Instant { run.deadline }

    /// What is left of it; never less than zero.
    public var remaining: Duration { max(.zero, ContinuousClock.now.duration(to: run.deadline)) }

    /// Says how far the job is, from 0 to 1, perhaps with a few words. Stored within a fraction of a second; of reports
    /// in a quick row only the last is kept.
    public func progress(_ fraction: Double, _ message: String? = nil) {
        run.report(fraction: fraction, message: message)
    }

    /// Keeps a line with the job, for people who look at it. At most 10,000 lines an attempt, 8 KiB each.
    public func log(_ level: JobLogLevel, _ message: String) {
        run.log(level, message)
    }

    /// The same at the level `info`.
    public func log(_ message: String) {
        run.log(.info, message)
    }

    /// Sets what the job leaves behind when it completes; the last one counts. Throws `TuskError.unencodable` for one
    /// of more than 64 KiB.
    public func setResult(_ result: JSONText) throws(TuskError) {
        try TypedJSON.checkSize(result, of: "a result")
        run.setResult(result)
    }

    /// The same from a value; throws `TuskError.unencodable` for one that is no JSON of at most 64 KiB.
    public func setResult(_ result: some Encodable) throws(TuskError) {
        run.setResult(try TypedJSON.encode(result))
    }
}
