/// A job to be enqueued. Whoever has one knows that all its fields are right.
public struct NewJob: Sendable, Hashable {
    /// Which handler runs it.
    public package(set) var kind: Kind
    /// The handler's input: any JSON value of at most 64 KiB. Defaults to `{}`.
    public package(set) var args: JSONText
    /// The queue it waits in. Defaults to `default`.
    public package(set) var queue: QueueName
    /// Its band in the queue. Defaults to 5.
    public package(set) var priority: Priority
    /// When it may run for the first time. Defaults to at once.
    public package(set) var runAt: RunTime
    /// How many attempts may fail before it is discarded: 1...1000. Defaults to 20.
    public package(set) var maxAttempts: Int
    /// How long it waits after a failed attempt. Nil means what its kind or queue says, or `RetryPolicy.standard`.
    public package(set) var retry: RetryPolicy?
    /// How long one attempt may take: 1 s to 24 h. Nil means what its kind or queue says.
    public package(set) var timeout: Duration?
    /// Words to find it by: at most 16, all different.
    public package(set) var tags: [Tag]
    /// Notes that travel with it and that handlers may ignore: a JSON object of at most 4 KiB.
    public package(set) var metadata: JSONText?
    /// The W3C trace context of whoever enqueued it.
    public package(set) var traceparent: String?
    /// The concurrency limits it counts for while it runs, beside those of its queue and kind: at most 4, all
    /// different.
    public package(set) var limits: [JobLimit]
    /// What keeps a second job of the same sort from being enqueued; nil: nothing.
    public package(set) var unique: Uniqueness?
    /// The line it stands in; nil: none.
    public package(set) var order: JobOrder?
    /// By when its first attempt must have been claimed; nil: it is never too late.
    public package(set) var startBy: JobDeadline?
    /// By when it should be finished; the earliest of its queue and band is claimed first.
    public package(set) var finishBy: JobDeadline?
    /// Whose share of its queue and band it takes; nil: nobody's.
    public package(set) var fairKey: FairKey?

    /// The attempts of jobs that name none.
    public static let maxAttemptsDefault = 20
    /// The attempts a job may have.
    package static let maxAttemptsRange: ClosedRange<Int64> = 1...1000
    /// The timeouts a job may have: 1 s to 24 h.
    package static let timeoutRange: ClosedRange<Duration> = .seconds(1) ... .seconds(86_400)
    /// How long a job may be put off: up to ten years of 365 days.
    package static let delayRange: ClosedRange<Duration> = .zero ... .seconds(3650 * 86_400)
    /// How long it may be until a job starts: 1 s to ten years of 365 days.
    package static let deadlineRange: ClosedRange<Duration> = .seconds(1) ... .seconds(3650 * 86_400)
    /// The most tags.
    package static let tagsMax = 16

    /// A job from values that are right by themselves but for their ranges; these are checked, and all that are wrong
    /// are reported together.
    ///
    /// - Parameters:
    ///   - kind: Which handler runs it.
    ///   - args: The handler's input: any JSON value of at most 64 KiB.
    ///   - queue: The queue it waits in.
    ///   - priority: Its band in the queue.
    ///   - runAt: When it may run for the first time.
    ///   - maxAttempts: How many attempts may fail before it is discarded: 1...1000.
    ///   - retry: How long it waits after a failed attempt.
    ///   - timeout: How long one attempt may take: 1 s to 24 h.
    ///   - tags: Words to find it by: at most 16, all different.
    ///   - metadata: Notes that travel with it: a JSON object of at most 4 KiB.
    ///   - traceparent: The W3C trace context of whoever enqueues it.
    ///   - limits: The concurrency limits it counts for: at most 4, all different.
    ///   - unique: What keeps a second job of the same sort from being enqueued.
    ///   - order: The line it stands in.
    ///   - startBy: By when its first attempt must have been claimed.
    ///   - finishBy: By when it should be finished; not together with `fairKey`.
    ///   - fairKey: Whose share of its queue and band it takes.
    /// - Throws: all that is wrong, with pointers as in a request over HTTP.
    public init(
        kind: Kind,
        args: JSONText = .emptyObject,
        queue: QueueName = .standard,
        priority: Priority = .standard,
        runAt: RunTime = .now,
        maxAttempts: Int = NewJob.maxAttemptsDefault,
        retry: RetryPolicy? = nil,
        timeout: Duration? = nil,
        tags: [Tag] = [],
        metadata: JSONText? = nil,
        traceparent: String? = nil,
        limits: [JobLimit] = [],
        unique: Uniqueness? = nil,
        order: JobOrder? = nil,
        startBy: JobDeadline? = nil,
        finishBy: JobDeadline? = nil,
        fairKey: FairKey? = nil
    ) throws(ValidationError) {
        self.kind = kind
        self.args = args
        self.queue = queue
        self.priority = priority
        self.runAt = runAt
        self.maxAttempts = maxAttempts
        self.retry = retry
        self.timeout = timeout
        self.tags = tags
        self.metadata = metadata
        self.traceparent = traceparent
        self.limits = limits
        self.unique = unique
        self.order = order
        self.startBy = startBy
        self.finishBy = finishBy
        self.fairKey = fairKey
        // There is one set of rules: what a request over HTTP has to pass.
        self = try NewJob(written: json)
    }
}
