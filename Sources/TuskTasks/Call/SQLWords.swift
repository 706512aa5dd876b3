import Tusk
import TuskCore
import TuskPostgres

/// What a function says to its job by what it raises. Pure.
enum SQLWords {
    /// The SQLSTATE with which a function lets its job run again later; the detail of the error is in how many seconds.
    static let snooze = "TK010"
    /// The SQLSTATE with which it discards its job, for the reason that is the message.
    static let discard = "TK011"

    private static let secondsMax = RetryPolicy.delayMax / .seconds(1)

    /// How much a message matters.
    static func level(_ severity: String) -> JobLogLevel {
        switch severity {
        case "WARNING": .warning
        case "DEBUG": .debug
        default: .info
        }
    }

    /// What an error means when the function meant something by it.
    static func failure(_ failure: TaskFailure) -> TaskFailure {
        guard case .database(.server(let error)) = failure else { return failure }
        switch error.sqlState {
        case snooze:
            guard let seconds = error.detail.flatMap({ Double($0) }), (0...secondsMax).contains(seconds) else {
                return .unreadable("a snooze needs a detail from 0 to \(Int(secondsMax)) seconds: \(error.message)")
            }
            return .postponed(.seconds(seconds))
        case discard: return .refused(error.message)
        default: return failure
        }
    }
}
