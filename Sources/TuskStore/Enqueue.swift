package import TuskCore
import TuskPostgres

/// A job as the answer to its enqueue shows it.
package struct EnqueuedJob: Sendable, Hashable {
    /// Its id.
    package let id: JobID
    /// When it becomes available, if that is later than its creation.
    package let runAt: Timestamp?
    /// When it was enqueued.
    package let createdAt: Timestamp
    /// The state it was born in, or is in if it was there before.
    package let state: JobState
    /// Whether it was there before and holds the unique key of the job that was to be enqueued.
    package let isDeduplicated: Bool
    /// Whether it took over fields of the job that was to be enqueued.
    package let isReplaced: Bool

    /// An answer made of its parts.
    package init(
        id: JobID,
        runAt: Timestamp?,
        createdAt: Timestamp,
        state: JobState,
        isDeduplicated: Bool = false,
        isReplaced: Bool = false
    ) {
        self.id = id
        self.runAt = runAt
        self.createdAt = createdAt
        self.state = state
        self.isDeduplicated = isDeduplicated
        self.isReplaced = isReplaced
    }
}

extension StoreSession {
    /// The most jobs of one call: what one statement takes without hurting its neighbours.
    package static let enqueueJobsMax = 5000

    private static let enqueueJobs = SQLCatalog.statement("enqueue_jobs", isKept: true)
    private static let enqueueEach = SQLCatalog.statement("enqueue_each")

    /// Enqueues all jobs or none, and answers in their order. The jobs are committed when it returns, unless it runs in
    /// `transaction`.
    package func enqueue(_ jobs: [NewJob]) throws(StoreError) -> [EnqueuedJob] {
        precondition(jobs.count <= Self.enqueueJobsMax, "too many jobs for one statement")
        guard !jobs.isEmpty else { return [] }
        guard !jobs.contains(where: \.isApart) else { return try enqueueEach(jobs) }
        return try enqueued(jobs, try run(Self.enqueueJobs) { fill(&$0, with: jobs) })
    }

    /// The same outside any transaction, and after the commit a signal for each of these queues in the same round trip.
    /// Behind a pooler no signal is sent; the answer says whether they were.
    package func enqueue(
        _ jobs: [NewJob],
        thenSignal queues: Set<QueueName>
    ) throws(StoreError) -> (jobs: [EnqueuedJob], isSignalled: Bool) {
        precondition(jobs.count <= Self.enqueueJobsMax, "too many jobs for one statement")
        guard !queues.isEmpty else { return (try enqueue(jobs), true) }
        guard !jobs.contains(where: \.isApart) else { return (try enqueueEach(jobs), false) }
        var (parameters, names) = (Parameters(), Parameters())
        fill(&parameters, with: jobs)
        names.textArray(queues.map(\.text))
        let rows: ResultSet
        let isSent: Bool
        do throws(PostgresError) {
            (rows, isSent) = try session.run(Self.enqueueJobs, parameters, then: Self.notifyQueues, names)
        } catch {
            throw StoreError(error)
        }
        return (try enqueued(jobs, rows), isSent)
    }

    private func enqueued(_ jobs: [NewJob], _ rows: ResultSet) throws(StoreError) -> [EnqueuedJob] {
        guard rows.rowCount == jobs.count else { throw .unreadable("enqueue_jobs answered \(rows.rowCount) rows") }
        var enqueued: [EnqueuedJob] = []
        enqueued.reserveCapacity(jobs.count)
        for row in 0..<rows.rowCount {
            guard let id = JobID(rawValue: rows.int8(row, 0)) else { throw .unreadable("a job id") }
            let runAt = rows.momentIfPresent(row, 1)
            let state = runAt == nil ? JobState.available : .scheduled
            enqueued.append(EnqueuedJob(id: id, runAt: runAt, createdAt: rows.moment(row, 2), state: state))
        }
        return enqueued
    }

    /// The way of jobs that need a look at others, such as unique ones: some hundred microseconds each.
    private func enqueueEach(_ jobs: [NewJob]) throws(StoreError) -> [EnqueuedJob] {
        let rows = try run(Self.enqueueEach) { $0.json(NewJob.array(jobs).bytes) }
        guard rows.rowCount == jobs.count else { throw .unreadable("enqueue_each answered \(rows.rowCount) rows") }
        var enqueued: [EnqueuedJob] = []
        for row in 0..<rows.rowCount {
            guard let id = JobID(rawValue: rows.int8(row, 0)), let state = JobState(rawValue: rows.text(row, 1)) else {
                throw .unreadable("an enqueued job")
            }
            let job = EnqueuedJob(
                id: id,
                runAt: rows.momentIfPresent(row, 2),
                createdAt: rows.moment(row, 3),
                state: state,
                isDeduplicated: rows.bool(row, 4),
                isReplaced: rows.bool(row, 5)
            )
            enqueued.append(job)
        }
        return enqueued
    }

    private func fill(_ parameters: inout Parameters, with jobs: [NewJob]) {
        parameters.int2(shard)
        parameters.textArray(jobs.map(\.kind.text))
        parameters.textArray(jobs.map(\.queue.text))
        parameters.int2Array(jobs.map(\.priority.rawValue))
        parameters.int2Array(jobs.map { Int16($0.maxAttempts) })
        parameters.jsonArray(jobs.lazy.map(\.args.bytes))
        parameters.int4Array(jobs.map { Int32($0.args.bytes.count) })
        parameters.timestampArray(optional: jobs.map(Self.dueMicroseconds))
        parameters.int8Array(optional: jobs.map(Self.delayMilliseconds))
        parameters.int4Array(optional: jobs.map { $0.timeout.map { Int32($0.wholeMilliseconds) } })
        parameters.jsonArray(optional: jobs.lazy.map { $0.retry?.json.bytes })
        parameters.textArray(optional: jobs.map(Self.joinedTags))
        parameters.jsonArray(optional: jobs.lazy.map { $0.metadata?.bytes })
        parameters.textArray(optional: jobs.map(\.traceparent))
        let isLimited = jobs.contains { !$0.limits.isEmpty }
        parameters.textArray(optional: isLimited ? jobs.map { Self.joined($0.limits, \.key) } : [])
        parameters.textArray(optional: isLimited ? jobs.map { Self.joined($0.limits, \.weight.description) } : [])
        let isFair = jobs.contains { $0.fairKey != nil }
        parameters.textArray(optional: isFair ? jobs.map(\.fairKey?.text) : [])
    }

    private static func dueMicroseconds(_ job: NewJob) -> Int64? {
        switch job.runAt {
        case .now, .after: nil
        case .at(let moment): moment.microseconds
        }
    }

    private static func delayMilliseconds(_ job: NewJob) -> Int64? {
        switch job.runAt {
        case .now, .at: nil
        case .after(let delay): delay.wholeMilliseconds
        }
    }

    /// Neither a key nor a weight has a comma.
    private static func joined(_ limits: [JobLimit], _ part: (JobLimit) -> String) -> String? {
        limits.isEmpty ? nil : limits.map(part).joined(separator: ",")
    }

    /// A tag has no comma, so the joined text can be taken apart again.
    private static func joinedTags(_ job: NewJob) -> String? {
        job.tags.isEmpty ? nil : job.tags.map(\.text).joined(separator: ",")
    }
}
