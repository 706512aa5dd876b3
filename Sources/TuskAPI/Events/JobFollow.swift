package import TuskCore
package import TuskStore

/// What somebody who follows a job has seen of it, and what is new. Pure.
package struct JobFollow: Sendable {
    /// One thing that is new.
    package enum News: Sendable {
        /// The job is in another state or attempt, or was told to stop.
        case state(JobRecord)
        /// Its handler said how far it is.
        case progress(JobRecord)
        /// Its handler logged a line.
        case log(JobLogRecord)
    }

    /// The last line of the log that was seen: its lease and its number in it.
    package struct Place: Sendable, Hashable, CustomStringConvertible {
        package var lease: Int64 = 0
        package var line = 0

        /// Before all lines.
        package init() {}

        /// Reads `77-3`; nil for anything else.
        package init?(_ text: some StringProtocol) {
            let numbers = text.split(separator: "-", omittingEmptySubsequences: false)
            guard numbers.count == 2, let lease = Int64(numbers[0]), let line = Int32(numbers[1]), lease >= 0, line >= 0
            else { return nil }
            self.lease = lease
            self.line = Int(line)
        }

        /// `77-3`.
        package var description: String { "\(lease)-\(line)" }
    }

    /// What makes two states two.
    private struct Mark: Sendable, Equatable {
        let state: JobState
        let attempt: Int
        let lease: LeaseNumber?
        let runAt: Timestamp?
        let cancelRequestedAt: Timestamp?
    }

    private struct Progress: Sendable, Equatable {
        let fraction: Double?
        let message: String?
    }

    package private(set) var place: Place
    private var mark: Mark?
    private var progress = Progress(fraction: nil, message: nil)
    /// Whether lines are known to be there that were not seen.
    private var isBehind = true

    /// Who has seen the log up to a place, and nothing else.
    package init(after place: Place = Place()) {
        self.place = place
    }

    /// Whether the log has to be read: it grows only while the job runs.
    package func needsLog(of job: JobRecord) -> Bool {
        isBehind || job.state == .running || mark != Self.mark(job)
    }

    /// What is new, in order. `lines` are those after `place`, read after the job was; `hasMore`: not all of them.
    /// The end of the job comes behind everything else.
    package func news(_ job: JobRecord, _ lines: [JobLogRecord], hasMore: Bool) -> [News] {
        var news: [News] = []
        let isChanged = mark != Self.mark(job)
        if isChanged, !job.state.isFinal { news.append(.state(job)) }
        if job.progressFraction != nil, Self.progress(job) != progress { news.append(.progress(job)) }
        news += lines.map { .log($0) }
        if isChanged, job.state.isFinal, !hasMore { news.append(.state(job)) }
        return news
    }

    /// Notes that something was seen.
    package mutating func see(_ news: News) {
        switch news {
        case .state(let job): mark = Self.mark(job)
        case .progress(let job): progress = Self.progress(job)
        case .log(let line):
            place.lease = line.lease
            place.line = line.line
        }
    }

    /// Notes whether lines are left that were not seen.
    package mutating func noteRest(_ isBehind: Bool) {
        self.isBehind = isBehind
    }

    /// Whether the end of the job was seen.
    package var hasSeenEnd: Bool { mark?.state.isFinal ?? false }

    private static func mark(_ job: JobRecord) -> Mark {
        Mark(
            state: job.state,
            attempt: job.attempt,
            lease: job.lease,
            runAt: job.state.isFinal ? nil : job.runAt,
            cancelRequestedAt: job.cancelRequestedAt
        )
    }

    private static func progress(_ job: JobRecord) -> Progress {
        Progress(fraction: job.progressFraction, message: job.progressMessage)
    }
}

extension StoreSession {
    /// What is new to `follow`; nil: there is no such job any more. Notes whether lines of the log are left to read.
    package func news(of id: JobID, _ follow: inout JobFollow) throws(StoreError) -> [JobFollow.News]? {
        guard let job = try job(id) else { return nil }
        guard follow.needsLog(of: job) else { return follow.news(job, [], hasMore: false) }
        let lines = try logLines(of: id, afterLease: follow.place.lease, line: follow.place.line)
        let hasMore = lines.count == Self.detailRowsMax
        follow.noteRest(hasMore)
        return follow.news(job, lines, hasMore: hasMore)
    }
}
