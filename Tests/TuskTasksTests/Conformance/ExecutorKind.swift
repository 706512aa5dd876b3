import Testing

/// The ways to run jobs, and what each of them cannot say by its nature.
///
/// ```
///                    progress and log while it runs       why
///   Swift handler    both
///   command          both
///   webhook          neither                              it answers once, when all is over
///   SQL function     log when it has ended, no progress   what it writes is seen when its transaction commits
///   HTTP pull        both
/// ```
///
/// Everything else is the same for all of them.
enum ExecutorKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case handler = "Swift handler"
    case command = "command"
    case webhook = "webhook"
    case function = "SQL function"
    case pull = "HTTP pull"

    var testDescription: String { rawValue }

    /// When something a job says can be read.
    enum Moment {
        case whileItRuns
        case whenItHasEnded
        case never
    }

    /// When its progress can be read.
    var progress: Moment {
        switch self {
        case .handler, .command, .pull: .whileItRuns
        case .webhook, .function: .never
        }
    }

    /// When the lines it logs can be read.
    var log: Moment {
        switch self {
        case .handler, .command, .pull: .whileItRuns
        case .function: .whenItHasEnded
        case .webhook: .never
        }
    }

    /// The kind of its jobs.
    var job: String { self == .function ? "sql.call" : "work" }
}
