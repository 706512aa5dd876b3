import CCurl
import Glibc

/// What an answer means for the job that asked.
enum HTTPAnswers {
    /// The longest time a server may make a job wait: 1 hour.
    static let retryAfterMax = Duration.seconds(3600)

    /// Why an answer is no success.
    ///
    /// 410 says that it never will be. 429, 502, 503 and 504 may say when to come back. Redirects are not followed. All
    /// else may be another time, and is tried again by the job's policy.
    static func failure(_ head: HTTPHead) -> TaskFailure {
        let reason = "the server answered \(head.status)"
        switch head.status {
        case 410: return .refused(reason)
        case 429, 502, 503, 504: return unavailable(head, reason)
        case 300...399: return .refused("\(reason), and redirects are not followed")
        default: return .unreadable(reason)
        }
    }

    /// The server, or what is behind it, cannot do anything now.
    static func unavailable(_ head: HTTPHead, _ reason: String) -> TaskFailure {
        retryAfter(head).map { .busy(reason, retryAfter: $0) } ?? .unavailable(reason)
    }

    /// How long the server wants to be left alone, an hour at most; nil: it does not say.
    ///
    /// It says so in seconds or as a date. A date is compared with that of its own clock, if it tells it, so that ours
    /// need not be right.
    static func retryAfter(_ head: HTTPHead) -> Duration? {
        let now = head.value("date").flatMap(seconds) ?? time(nil)
        return head.retryAfter(now: now, parse: seconds).map { min($0, retryAfterMax) }
    }

    /// A date as servers write it, in seconds since 1970; nil: it is none. Source: curl_getdate(3).
    static func seconds(of text: String) -> Int? {
        let moment = unsafe curl_getdate(text, nil)
        return moment < 0 ? nil : moment
    }
}
