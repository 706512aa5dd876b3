import TuskCore

/// The job that is measured with: small arguments, and a handler that does nothing.
enum BenchJob {
    /// Its kind.
    static let kind: Kind = "bench.noop"
    /// Its arguments.
    static let args = #"{"n":12345,"s":"abcdef"}"#

    /// One to enqueue.
    static let job: NewJob = {
        do {
            return try NewJob(kind: kind, args: JSONText(trusted: Array(args.utf8)))
        } catch {
            preconditionFailure("the job of the benchmark: \(error)")
        }
    }()

    /// So many of them, to run at this time.
    static func jobs(_ count: Int, runAt: RunTime = .now) -> [NewJob] {
        var one = job
        one.runAt = runAt
        return Array(repeating: one, count: count)
    }

    /// The sizes of the batches in which so many jobs are filled in.
    static func batches(of jobs: Int, most: Int = 5000) -> [Int] {
        stride(from: 0, to: jobs, by: most).map { min(most, jobs - $0) }
    }
}
