import Testing
import TuskCore

struct TransitionTests {
    private enum Expected {
        case always(Verdict)
        case retryWhileLeft(Duration)
    }

    private static let policy = RetryPolicy.linear(step: .seconds(10), max: .seconds(100_000))

    private func verdict(_ end: AttemptEnd, attempt: Int, maxAttempts: Int) -> Verdict {
        Transition.verdict(for: end, attempt: attempt, maxAttempts: maxAttempts, retry: Self.policy, random: 0.5)
    }

    /// Every way an attempt can end, with an attempt number to compute delays from.
    private func table(attempt: Int) -> [(AttemptEnd, Expected)] {
        [
            (.returned(result: nil), .always(.complete)),
            (.returned(result: .emptyObject), .always(.complete)),
            (.failed(error: "e"), .retryWhileLeft(.seconds(10 * attempt))),
            (.timedOut, .retryWhileLeft(.seconds(10 * attempt))),
            (.undecodable(error: "e"), .retryWhileLeft(.seconds(10 * attempt))),
            (.retry(after: .seconds(3), error: "e"), .retryWhileLeft(.seconds(3))),
            (.snooze(after: .seconds(4)), .always(.snooze(after: .seconds(4)))),
            (.discard(reason: "r"), .always(.discard)),
            (.cancel(reason: "r"), .always(.cancel)),
            (.givenBack, .always(.giveBack)),
            (.leaseLost, .always(.giveBack)),
        ]
    }

    @Test(arguments: [1, 2, 3, 20, 1000])
    func `every end leads to its verdict, with attempts left and without`(maxAttempts: Int) {
        for attempt in 1...maxAttempts + 1 {
            for (end, expected) in table(attempt: attempt) {
                let found = verdict(end, attempt: attempt, maxAttempts: maxAttempts)
                switch expected {
                case .always(let verdict): #expect(found == verdict)
                case .retryWhileLeft(let delay):
                    #expect(found == (attempt < maxAttempts ? .retry(after: delay) : .discard))
                }
            }
        }
    }

    @Test func `snoozing, giving back and losing a lease cost no attempt, all else does`() {
        let free = table(attempt: 1).filter { !verdict($0.0, attempt: 1, maxAttempts: 5).countsAttempt }.map(\.0)
        #expect(free == [.snooze(after: .seconds(4)), .givenBack, .leaseLost])
    }

    @Test(arguments: [
        (Verdict.complete, JobState.completed), (.discard, .discarded), (.cancel, .cancelled),
        (.retry(after: .zero), .retryable), (.snooze(after: .zero), .retryable), (.giveBack, .available),
    ])
    func `a verdict leads to its state`(verdict: Verdict, state: JobState) {
        #expect(verdict.state == state)
    }

    @Test func `a delay that a handler made up stays within bounds`() {
        let ends: [(Duration, Duration)] = [
            (.seconds(-1), .zero), (.seconds(Int64.max), RetryPolicy.delayMax), (.seconds(5), .seconds(5)),
        ]
        for (asked, given) in ends {
            #expect(verdict(.snooze(after: asked), attempt: 1, maxAttempts: 2) == .snooze(after: given))
            #expect(verdict(.retry(after: asked, error: ""), attempt: 1, maxAttempts: 2) == .retry(after: given))
        }
    }
}
