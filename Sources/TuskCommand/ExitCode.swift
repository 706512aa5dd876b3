/// What the process tells its caller by its exit status.
///
/// 64 and above are those of sysexits.h; 130 is a shell's for a command ended by Ctrl-C (128 + SIGINT).
enum ExitCode: Int32, Sendable, CaseIterable {
    /// It did what it was asked.
    case success = 0
    /// It failed in a way that has no code of its own.
    case failure = 1
    /// The command line is wrong.
    case usage = 2
    /// What was named does not exist.
    case notFound = 3
    /// The database, or the server asked, does not let this user do it.
    case denied = 4
    /// The thing named is in a state from which this does not start.
    case conflict = 5
    /// The job that was waited for did not complete.
    case jobFailed = 6
    /// The job that was waited for had not ended in time.
    case waitTimedOut = 7
    /// The database, or the server asked, is out of reach.
    case unavailable = 69
    /// Something is taken or locked; trying later, or elsewhere, can help.
    case busy = 75
    /// The configuration is wrong, or the schema does not fit this program.
    case configuration = 78
    /// Somebody interrupted it.
    case interrupted = 130

    /// What `tusk help exit-codes` says.
    var meaning: String {
        switch self {
        case .success: "done"
        case .failure: "failed"
        case .usage: "the command line is wrong"
        case .notFound: "what was named does not exist"
        case .denied: "not allowed"
        case .conflict: "in a state from which this does not start"
        case .jobFailed: "the job waited for was discarded or cancelled"
        case .waitTimedOut: "the job waited for had not ended in time"
        case .unavailable: "the database or the server asked is out of reach"
        case .busy: "a port, a directory or a lock is taken"
        case .configuration: "the configuration is wrong, or the schema does not fit"
        case .interrupted: "interrupted"
        }
    }
}
