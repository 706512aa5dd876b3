import Synchronization
import Tusk

/// What the examples call; its mail fails at first.
final class Bank: Sendable {
    struct MailIsDown: Error {}

    private let state = Mutex((charges: [String: Int](), calls: 0, mails: [String](), mailFailures: 1))

    /// Takes the money, once for a key. The receipt.
    func charge(_ cents: Int, key: String) async throws -> String {
        state.withLock { state in
            state.calls += 1
            state.charges[key] = cents
            return "receipt of \(key)"
        }
    }

    func mail(_ receipt: String) async throws {
        try state.withLock { state in
            guard state.mailFailures == 0 else {
                state.mailFailures -= 1
                throw MailIsDown()
            }
            state.mails.append(receipt)
        }
    }

    /// How often it was asked for money, and what it mailed.
    var account: (calls: Int, mails: [String]) { state.withLock { ($0.calls, $0.mails) } }
}
