/// That a job's resource is unavailable, and a breaker has taken note of it.
struct HeldBack: Error {
    let reason: String
}

/// From what a handler did to how its attempt ended. Pure.
enum Ending {
    /// `told` is why the handler was told to stop, if it was.
    ///
    /// A handler that was told to stop and returns may have stopped half-way, so what it returns does not count; what
    /// it throws as a directive does, unless the job was cancelled or its lease is lost.
    static func attemptEnd(
        _ end: Result<Void, any Error>,
        told: StopCause?,
        result: JSONText?
    ) -> AttemptEnd {
        switch told {
        case .fence: .leaseLost
        case .operatorCancel: .cancel(reason: "told to stop")
        case .timeout: directive(end) ?? .timedOut
        case .drain: directive(end) ?? .givenBack
        case nil: ownEnd(end, result: result)
        }
    }

    private static func ownEnd(_ end: Result<Void, any Error>, result: JSONText?) -> AttemptEnd {
        switch end {
        case .success: .returned(result: result)
        case .failure(let error as UndecodableArgs): .undecodable(error: error.text)
        case .failure(let error): directive(end) ?? .failed(error: String(describing: error))
        }
    }

    private static func directive(_ end: Result<Void, any Error>) -> AttemptEnd? {
        if case .failure(let error as HeldBack) = end {
            return .unavailable(error: error.reason, key: nil, retryAfter: nil, isHeld: true)
        }
        guard case .failure(let error as JobDirective) = end else { return nil }
        return switch error {
        case .unavailable(let reason, let key, let delay):
            .unavailable(error: reason, key: key, retryAfter: delay, isHeld: false)
        case .retry(let delay, let reason): .retry(after: delay, error: reason)
        case .snooze(let delay): .snooze(after: delay)
        case .discard(let reason): .discard(reason: reason)
        case .cancel(let reason): .cancel(reason: reason)
        }
    }
}
