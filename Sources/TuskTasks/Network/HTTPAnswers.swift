import CCurl
import Glibc

/// What an answer means for the job that asked.
enum HTTPAnswers {
    /// The longest time a server may make a job wait: 1 hour.
    static let retryAfterMax = Duration.seconds(3600)

    /// Why an answer is no success.
    ///
    /// 410 says that it never will be. 429 and 503 may say when to come back. Redirects are not followed. All else may
    /// be another time, and is tried again by the job's policy.
    static func failure(_ head: HTTPHead) -> TaskFailure {
        let reason = "the server answered \(head.status)"
        switch head.status {
        case 410: return .refused(reason)
        case 429, 503:
            // Wall-clock time only, because that is what the server's date is compared with.
            let delay = head.retryAfter(now: time(nil)) { text in
                let moment = unsafe curl_getdate(text, nil)
                return moment < 0 ? nil : moment
            }
            return delay.map { .busy(reason, retryAfter: min($0, retryAfterMax)) } ?? .unreadable(reason)
        case 300...399: return .refused("\(reason), and redirects are not followed")
        default: return .unreadable(reason)
        }
    }
}
