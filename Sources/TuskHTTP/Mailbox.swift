import Synchronization

/// Where other threads leave word for the loop.
///
/// The loop is woken only when it sleeps: it says so under the lock, after it has found nothing, and whoever then
/// leaves the first word wakes it. A thousand answers given while it works cost no wake-up at all.
final class Mailbox: Sendable {
    /// What the whole server is told to do.
    enum Order: Int, Comparable {
        case serve
        case drain
        case stop

        static func < (left: Order, right: Order) -> Bool { left.rawValue < right.rawValue }
    }

    /// What has been left.
    struct Mail {
        var exchanges: [Exchange] = []
        var order = Order.serve
    }

    private struct State {
        var mail = Mail()
        /// Something was left that the loop has not collected.
        var isPending = false
        var isAsleep = false
        /// When the loop was asked for a sign of life that it has not given yet.
        var askedAt: Int64?
    }

    private let state = Mutex(State())
    private let waker: Waker
    private let wakeCounter = Atomic<Int>(0)

    init(waker: Waker) { self.waker = waker }

    /// How often the loop was woken, for tests and metrics.
    var wakeCount: Int { wakeCounter.load(ordering: .relaxed) }

    /// Asks the loop to look at an exchange.
    func post(_ exchange: Exchange) { post { $0.exchanges.append(exchange) } }

    /// Asks the loop to look at many exchanges.
    func post(_ exchanges: [Exchange]) { post { $0.exchanges.append(contentsOf: exchanges) } }

    /// Gives an order; a later order never takes back an earlier, harder one.
    func post(_ order: Order) { post { $0.order = max($0.order, order) } }

    /// Asks the loop for a sign of life; how many nanoseconds ago it was first asked for the one that is outstanding.
    func askForLife() -> Int64 {
        let now = Moment.now()
        let askedAt = state.withLock { state in
            let first = state.askedAt ?? now
            state.askedAt = first
            return first
        }
        post(.serve)
        return now - askedAt
    }

    private func post(_ leave: (inout Mail) -> Void) {
        let wasAsleep = state.withLock { state in
            leave(&state.mail)
            state.isPending = true
            defer { state.isAsleep = false }
            return state.isAsleep
        }
        guard wasAsleep else { return }
        wakeCounter.add(1, ordering: .relaxed)
        waker.wake()
    }

    /// Takes what was left. The order stays.
    func collect() -> Mail {
        state.withLock { state in
            let mail = state.mail
            state.mail.exchanges = []
            state.isPending = false
            state.askedAt = nil
            return mail
        }
    }

    /// Says that the loop goes to sleep; false when it must not, because something was left.
    func fallAsleep() -> Bool {
        state.withLock { state in
            state.isAsleep = !state.isPending
            return state.isAsleep
        }
    }

    /// Says that the loop is awake.
    func awake() { state.withLock { $0.isAsleep = false } }
}
