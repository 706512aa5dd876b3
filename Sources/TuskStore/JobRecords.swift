package import TuskCore
import TuskPostgres

/// Everything the view of jobs says about one.
package struct JobRecord: Sendable {
    package let id: JobID
    package let state: JobState
    package let kind: String
    package let queue: String
    package let priority: Int
    /// Attempts used; while it runs, the present one included.
    package let attempt: Int
    package let maxAttempts: Int
    /// Its input; nil in lists, which read nothing that may be large.
    package let args: JSONText?
    package let tags: [String]
    /// Kept for its sender; nil in lists.
    package let metadata: JSONText?
    package let traceparent: String?
    package let createdAt: Timestamp
    /// Since when it is available, or when it will be.
    package let runAt: Timestamp?
    package let startedAt: Timestamp?
    package let finishedAt: Timestamp?
    /// The present or last lease.
    package let lease: LeaseNumber?
    /// Who runs it or ran it last.
    package let worker: WorkerID?
    /// What holds it back, while it is blocked.
    package let blockedBy: String?
    /// Why it did not complete, in one word.
    package let reason: String?
    /// Message of its last error.
    package let error: String?
    /// What the handler returned; nil in lists.
    package let result: JSONText?
    /// When it was told to stop, while it still runs.
    package let cancelRequestedAt: Timestamp?
    /// How far it is, 0...1; only when one job is read.
    package let progressFraction: Double?
    package let progressMessage: String?
    /// What it was asked for besides; only when one job is read.
    package let wishes: JobWishes?

    init(_ rows: ResultSet, _ row: Int, isWhole: Bool = false) throws(StoreError) {
        guard let id = JobID(rawValue: rows.int8(row, 0)), let state = JobState(rawValue: rows.text(row, 1)) else {
            throw .unreadable("a job")
        }
        self.id = id
        self.state = state
        kind = rows.text(row, 2)
        queue = rows.text(row, 3)
        priority = Int(rows.int2(row, 4))
        attempt = Int(rows.int4(row, 5))
        maxAttempts = Int(rows.int2(row, 6))
        args = rows.jsonIfPresent(row, 7)
        tags = rows.isNull(row, 8) ? [] : rows.textArray(row, 8)
        metadata = rows.jsonIfPresent(row, 9)
        traceparent = rows.textIfPresent(row, 10)
        createdAt = rows.moment(row, 11)
        runAt = rows.momentIfPresent(row, 12)
        startedAt = rows.momentIfPresent(row, 13)
        finishedAt = rows.momentIfPresent(row, 14)
        lease = rows.int8IfPresent(row, 15).flatMap(LeaseNumber.init(rawValue:))
        worker = rows.isNull(row, 16) ? nil : rows.workerID(row, 16)
        blockedBy = rows.textIfPresent(row, 17)
        reason = rows.textIfPresent(row, 18)
        error = rows.textIfPresent(row, 19)
        result = rows.jsonIfPresent(row, 20)
        cancelRequestedAt = rows.momentIfPresent(row, 21)
        progressFraction = rows.float8IfPresent(row, 22)
        progressMessage = rows.textIfPresent(row, 23)
        wishes = isWhole ? JobWishes(rows, row, from: 24) : nil
    }
}

/// What a job was asked for that few jobs are: nil where it was not.
package struct JobWishes: Sendable {
    /// How long an attempt may take.
    package let timeout: Duration?
    /// How long it waits after a failure, as it was given.
    package let retry: JSONText?
    /// Keys of limits, with weights where they are not 1: an array.
    package let limits: JSONText?
    /// What makes it unique, as it was given.
    package let unique: JSONText?
    package let orderKey: String?
    package let fairKey: String?
    package let startBy: Timestamp?
    package let finishBy: Timestamp?

    fileprivate init(_ rows: ResultSet, _ row: Int, from column: Int) {
        timeout = rows.int4IfPresent(row, column).map { .milliseconds(Int64($0)) }
        retry = rows.jsonIfPresent(row, column + 1)
        limits = rows.jsonIfPresent(row, column + 2)
        unique = rows.jsonIfPresent(row, column + 3)
        orderKey = rows.textIfPresent(row, column + 4)
        fairKey = rows.textIfPresent(row, column + 5)
        startBy = rows.momentIfPresent(row, column + 6)
        finishBy = rows.momentIfPresent(row, column + 7)
    }
}

/// An attempt that did not end its job.
package struct AttemptRecord: Sendable {
    /// Its number, from 1.
    package let attempt: Int
    package let lease: Int64
    package let startedAt: Timestamp
    package let endedAt: Timestamp
    package let worker: WorkerID?
    /// `failed`, `snoozed`, `lost`, `given_back` or `discarded`.
    package let ended: String
    package let error: String?
}

/// A line that a job's handler logged.
package struct JobLogRecord: Sendable {
    package let lease: Int64
    package let line: Int
    package let level: Int
    package let loggedAt: Timestamp
    package let message: String
}

/// Which jobs a list shows.
package struct JobFilter: Sendable, Hashable {
    package var state: JobState?
    package var queue: QueueName?
    package var kind: Kind?
    package var tag: Tag?

    /// All jobs, unless narrowed.
    package init(state: JobState? = nil, queue: QueueName? = nil, kind: Kind? = nil, tag: Tag? = nil) {
        self.state = state
        self.queue = queue
        self.kind = kind
        self.tag = tag
    }
}

/// A part of a list of jobs.
package struct JobPage: Sendable {
    /// The newest first.
    package var jobs: [JobRecord] = []
    /// Below which job the list goes on; nil: there are no more. A page that has fewer jobs than it might, or none, can
    /// go on all the same: those that were looked at so far are not like that.
    package var next: JobID?
}

/// What became of a wish to cancel or to retry a job.
package enum JobCommandAnswer: String, Sendable, Hashable {
    case available, blocked, running, cancelled, cancelling, completed, discarded
    case notFound = "not_found"
}

extension StoreSession {
    /// The most jobs of one page.
    package static let listJobsMax = 1000
    /// The most jobs that one look for a page looks at: 20 ms.
    package static let listLookedMax = 10_000
    /// The most attempts, and the most log lines, that one call reads.
    package static let detailRowsMax = 1000

    private static let readJob = SQLCatalog.statement("read_job", isReadOnly: true)
    private static let listJobs = SQLCatalog.statement("list_jobs", isReadOnly: true)
    private static let readAttempts = SQLCatalog.statement("read_attempts", isReadOnly: true)
    private static let readJobLog = SQLCatalog.statement("read_job_log", isReadOnly: true)
    private static let cancelJob = SQLCatalog.statement("cancel_job")
    private static let retryJob = SQLCatalog.statement("retry_job")

    /// The job; nil when there is none, or it was pruned.
    package func job(_ id: JobID) throws(StoreError) -> JobRecord? {
        let rows = try run(Self.readJob) { $0.int8(id.rawValue) }
        return rows.rowCount == 0 ? nil : try JobRecord(rows, 0, isWhole: true)
    }

    /// Jobs the filter lets through, the newest first, below an id; nil starts at the newest.
    ///
    /// Looks at `listLookedMax` jobs at least, and at so many more again and again while the page is not full, until
    /// `patience` is over. Defaults to 100 ms.
    package func jobs(
        _ filter: JobFilter,
        below id: JobID?,
        limit: Int,
        patience: Duration = .milliseconds(100)
    ) throws(StoreError) -> JobPage {
        let start = ContinuousClock.now
        let limit = min(limit, Self.listJobsMax)
        var page = JobPage(next: id)
        repeat {
            let more = try listed(filter, below: page.next, limit: limit - page.jobs.count)
            page.jobs += more.jobs
            page.next = more.next
        } while page.next != nil && page.jobs.count < limit && start.duration(to: .now) < patience
        return page
    }

    /// The same by one look, which reads no more than its bounds say.
    private func listed(_ filter: JobFilter, below id: JobID?, limit: Int) throws(StoreError) -> JobPage {
        let rows = try run(Self.listJobs) {
            $0.text(filter.state?.rawValue)
            $0.text(filter.queue?.text)
            $0.text(filter.kind?.text)
            $0.text(filter.tag?.text)
            $0.int8(id?.rawValue ?? .max)
            $0.int4(Int32(limit))
            $0.int4(Int32(max(limit, Self.listLookedMax)))
        }
        var page = JobPage(next: rows.int8IfPresent(0, 24).flatMap(JobID.init(rawValue:)))
        for row in 0..<rows.rowCount where !rows.isNull(row, 0) { page.jobs.append(try JobRecord(rows, row)) }
        return page
    }

    /// The attempts of a job that did not end it, the oldest first.
    package func attempts(of id: JobID) throws(StoreError) -> [AttemptRecord] {
        let rows = try run(Self.readAttempts) {
            $0.int2(shard)
            $0.int8(id.rawValue)
            $0.int4(Int32(Self.detailRowsMax))
        }
        return (0..<rows.rowCount).map { row in
            AttemptRecord(
                attempt: Int(rows.int2(row, 0)),
                lease: rows.int8(row, 1),
                startedAt: rows.moment(row, 2),
                endedAt: rows.moment(row, 3),
                worker: rows.isNull(row, 4) ? nil : rows.workerID(row, 4),
                ended: rows.text(row, 5),
                error: rows.textIfPresent(row, 6)
            )
        }
    }

    /// Lines that a job's handler logged, in order, after a line of a lease.
    package func logLines(of id: JobID, afterLease lease: Int64, line: Int) throws(StoreError) -> [JobLogRecord] {
        let rows = try run(Self.readJobLog) {
            $0.int2(shard)
            $0.int8(id.rawValue)
            $0.int8(lease)
            $0.int4(Int32(line))
            $0.int4(Int32(Self.detailRowsMax))
        }
        return (0..<rows.rowCount).map { row in
            JobLogRecord(
                lease: rows.int8(row, 0),
                line: Int(rows.int4(row, 1)),
                level: Int(rows.int2(row, 2)),
                loggedAt: rows.moment(row, 3),
                message: rows.text(row, 4)
            )
        }
    }

    /// Cancels a job: at once while it waits, by telling its handler while it runs. Doing it again gives the same
    /// answer. `releasing` gets the queues of the jobs behind it in its line that go on then, to wake their workers.
    package func cancel(
        _ id: JobID,
        by who: Author,
        reason: String?,
        releasing: (Set<QueueName>) -> Void = { _ in }
    ) throws(StoreError) -> JobCommandAnswer {
        let author = who.giving(reason)
        let answer = try audited(.jobCancel, of: id.description, by: author) { () throws(StoreError) in
            let answer = try cancel(id, as: author.name, reason: reason)
            return (answer, answer == .cancelled || answer == .cancelling ? id.description : nil)
        }
        // After the commit, as after a settle: whoever waits for the key then holds no job that another waits for.
        if answer == .cancelled, let queues = goingOn(behind: id), !queues.isEmpty { releasing(queues) }
        return answer
    }

    /// Lets the next in the line of a job go that is over. Nil when that failed; the job is over all the same, and the
    /// scheduler looks after its line.
    private func goingOn(behind id: JobID) -> Set<QueueName>? {
        do throws(StoreError) {
            return try releaseLimited(by: [id])
        } catch {
            return nil
        }
    }

    /// The same for what the scheduler does by itself; nothing is written down but the cancel.
    func cancel(_ id: JobID, as who: String, reason: String?) throws(StoreError) -> JobCommandAnswer {
        try answer(
            try run(Self.cancelJob) {
                $0.int8(id.rawValue)
                $0.text(who)
                $0.text(reason)
            }
        )
    }

    /// Makes a job that waits, was discarded or was cancelled available now, for at least one more attempt.
    package func retry(_ id: JobID, by author: Author) throws(StoreError) -> JobCommandAnswer {
        try audited(.jobRetry, of: id.description, by: author) { () throws(StoreError) in
            let answer = try answer(try run(Self.retryJob) { $0.int8(id.rawValue) })
            return (answer, answer == .available ? id.description : nil)
        }
    }

    private func answer(_ rows: ResultSet) throws(StoreError) -> JobCommandAnswer {
        guard let answer = JobCommandAnswer(rawValue: rows.text(0, 0)) else {
            throw .unreadable("the answer \(rows.text(0, 0))")
        }
        return answer
    }
}
