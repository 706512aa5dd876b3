import Tusk
import TuskPostgres

/// Why a data task did not do what it was asked. What it did since its last checkpoint is not in the database then.
enum TaskFailure: Error, Equatable {
    /// It can never succeed as it was asked for, or with this file.
    case refused(String)
    /// A file cannot be read or written now.
    case unreadable(String)
    /// PostgreSQL refused or was out of reach.
    case database(PostgresError)
    /// Another server does not answer, or says that what is behind it does not.
    case unavailable(String)
    /// Another server wants to be asked again later.
    case busy(String, retryAfter: Duration)
    /// It wants to run again after this time, at no cost.
    case postponed(Duration)
    /// Somebody told the job to stop.
    case stopped
    /// The server refused rows that were thought to be good; the chunk has to be done again with more care.
    case needsCare
}

extension TaskFailure: CustomStringConvertible {
    /// One line: short, lower case, no full stop.
    var description: String {
        switch self {
        case .refused(let what), .unreadable(let what), .unavailable(let what), .busy(let what, _): what
        case .database(let error): error.description
        case .postponed: "wants to run again later"
        case .stopped: "told to stop"
        case .needsCare: "the server refused rows that were thought to be good"
        }
    }

    /// What becomes of the job.
    var directive: any Error {
        switch self {
        case .refused(let reason): JobDirective.discard(reason: reason)
        case .unavailable(let reason): JobDirective.unavailable(reason: reason)
        case .busy(let reason, let delay): JobDirective.unavailable(reason: reason, retryAfter: delay)
        case .postponed(let delay): JobDirective.snooze(for: delay)
        case .stopped: CancellationError()
        case .database(.server(let error)) where error.sqlState == "TK002": JobDirective.cancel(reason: error.message)
        case .database, .unreadable, .needsCare: self
        }
    }
}

/// Runs a call of the database; its error becomes a failure of the task.
func calling<Answer>(
    _ body: () throws(PostgresError) -> Answer
) throws(TaskFailure) -> Answer {
    do throws(PostgresError) {
        return try body()
    } catch {
        throw .database(error)
    }
}
