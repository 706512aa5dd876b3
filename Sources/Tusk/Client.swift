import Dispatch
import Synchronization
package import TuskStore

/// Enqueues jobs.
///
/// A job that was answered for is committed. After the commit workers that listen are woken, with at most one signal
/// for each queue every 20 ms. A client may be used from many tasks at once; it has up to four sessions.
public final class Client: Sendable {
    /// How many enqueues are under way at once; further ones wait their turn.
    static let lanesMax = 4

    private let store: Store
    private let notifier: Notifier
    /// Calls block, so they run on threads of their own and not on Swift's.
    private let lanes = (0..<lanesMax).map { DispatchQueue(label: "tusk.client.\($0)") }
    private let calls = Atomic<Int>(0)
    private let isClosed = Atomic<Bool>(false)

    /// A client for the database of a connection string: a `postgresql://` URI, `keyword=value` words, or empty for
    /// libpq's environment. Does not connect yet. Throws `.configuration`.
    public convenience init(connecting text: String) throws(TuskError) {
        let store: Store
        do throws(StoreError) {
            store = try Store(
                connecting: text,
                applicationName: "tusk-client",
                sessionsMax: Self.lanesMax,
                keepsPlans: true
            )
        } catch {
            throw .configuration(error.description)
        }
        self.init(store: store)
    }

    /// The same with a store, which it closes at the end.
    package init(store: Store) {
        self.store = store
        notifier = Notifier(store: store)
    }

    deinit {
        close()
    }

    /// Enqueues a job for a handler.
    ///
    /// - Parameters:
    ///   - handler: Whose kind of job it is.
    ///   - args: The handler's input.
    ///   - options: Everything else about the job.
    /// - Returns: The job's id.
    /// - Throws: `TuskError`. When `isUnknownOutcome` is set there is no job, or one.
    @discardableResult
    public func enqueue<Typed: JobHandler>(
        _ handler: Typed.Type,
        _ args: Typed.Args,
        _ options: EnqueueOptions = EnqueueOptions()
    ) async throws(TuskError) -> JobID {
        let job = try options.job(Typed.kind, try TypedJSON.encode(args))
        let ids = try await enqueue([job])
        guard let id = ids.first else { preconditionFailure("an enqueue answered no id") }
        return id
    }

    /// Enqueues all jobs or none, in one statement; ids in their order. At most 5,000.
    @discardableResult
    public func enqueue(_ jobs: [NewJob]) async throws(TuskError) -> [JobID] {
        guard jobs.count <= StoreSession.enqueueJobsMax else {
            throw .configuration("at most \(StoreSession.enqueueJobsMax) jobs are enqueued at once")
        }
        guard !jobs.isEmpty else { return [] }
        let atOnce = Set(jobs.filter { $0.runAt == .now }.map(\.queue))
        let answer = try await call(waking: \.waking) { [notifier] session throws(StoreError) in
            let isLent = notifier.lends(atOnce)
            let (enqueued, isSignalled) = try session.enqueue(jobs, thenSignal: isLent ? atOnce : [])
            let runnable = Set(zip(jobs, enqueued).filter { $1.state == .available }.map(\.0.queue))
            return (ids: enqueued.map(\.id), waking: isLent && isSignalled ? runnable.subtracting(atOnce) : runnable)
        }
        return answer.ids
    }

    /// Asks the store on a lane, and wakes the workers of queues that have new jobs by the answer.
    func call<Answer: Sendable>(
        waking queues: @escaping @Sendable (Answer) -> Set<QueueName> = { _ in [] },
        _ body: @escaping @Sendable (StoreSession) throws(StoreError) -> Answer
    ) async throws(TuskError) -> Answer {
        let lane = lanes[calls.add(1, ordering: .relaxed).oldValue % Self.lanesMax]
        let answer = await withCheckedContinuation { continuation in
            lane.async { continuation.resume(returning: self.callNow(queues, body)) }
        }
        return try answer.get()
    }

    /// Sends the last signals and closes the sessions; any number of times.
    public func close() {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        notifier.stop()
        store.close()
    }

    private func callNow<Answer: Sendable>(
        _ queues: (Answer) -> Set<QueueName>,
        _ body: (StoreSession) throws(StoreError) -> Answer
    ) -> Result<Answer, TuskError> {
        guard !isClosed.load(ordering: .acquiring) else { return .failure(.closed) }
        do throws(StoreError) {
            let answer = try store.withSession { session throws(StoreError) in try body(session) }
            let woken = queues(answer)
            if !woken.isEmpty { notifier.wake(woken) }
            return .success(answer)
        } catch {
            return .failure(TuskError(error))
        }
    }
}

/// Everything about a job but its kind and args. Defaults are those of `NewJob`.
public struct EnqueueOptions: Sendable, Hashable {
    /// The queue it waits in. Defaults to `default`.
    public var queue: QueueName = .standard
    /// Its band in the queue: 0...9, smaller is claimed first. Defaults to 5.
    public var priority: Priority = .standard
    /// When it may run for the first time. Defaults to at once.
    public var runAt: RunTime = .now
    /// How many attempts may fail before it is discarded: 1...1000. Defaults to 20.
    public var maxAttempts = NewJob.maxAttemptsDefault
    /// How long it waits after a failed attempt; nil: the policy of its handler.
    public var retry: RetryPolicy?
    /// How long one attempt may take, 1 s to 24 h; nil: the timeout of its handler.
    public var timeout: Duration?
    /// Words to find it by: at most 16, all different.
    public var tags: [Tag] = []
    /// Notes that travel with it: a JSON object of at most 4 KiB.
    public var metadata: JSONText?
    /// The W3C trace context of whoever enqueues it.
    public var traceparent: String?
    /// The concurrency limits it counts for while it runs: at most 4, all different.
    public var limits: [JobLimit] = []
    /// What keeps a second job of the same sort from being enqueued. Defaults to nothing.
    public var unique: Uniqueness?
    /// The line it stands in: one at a time, in the order of the enqueues. Defaults to none.
    public var order: JobOrder?
    /// By when its first attempt must have been claimed, or it is discarded. Defaults to never.
    public var startBy: JobDeadline?
    /// By when it should be finished: of its queue and band the earliest is claimed first, and before those without.
    /// Not together with a fair key. Defaults to none.
    public var finishBy: JobDeadline?
    /// Whose share of its queue and band it takes: keys take turns, by weight. Defaults to none.
    public var fairKey: FairKey?

    /// The queue, priority and time given, defaults for everything else.
    public init(queue: QueueName = .standard, priority: Priority = .standard, runAt: RunTime = .now) {
        self.queue = queue
        self.priority = priority
        self.runAt = runAt
    }

    func job(_ kind: Kind, _ args: JSONText) throws(TuskError) -> NewJob {
        do throws(ValidationError) {
            return try NewJob(
                kind: kind,
                args: args,
                queue: queue,
                priority: priority,
                runAt: runAt,
                maxAttempts: maxAttempts,
                retry: retry,
                timeout: timeout,
                tags: tags,
                metadata: metadata,
                traceparent: traceparent,
                limits: limits,
                unique: unique,
                order: order,
                startBy: startBy,
                finishBy: finishBy,
                fairKey: fairKey
            )
        } catch {
            throw .invalid(error)
        }
    }
}
