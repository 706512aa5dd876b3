import Synchronization
import TuskStore

/// What the listener has for the claim loop, and how to interrupt the listener.
final class SignalBox: Sendable {
    /// What has happened since the claim loop looked last.
    struct News: Sendable {
        /// Jobs have become available in a queue of this worker.
        var hasSignal = false
        /// Whether signals arrive, when that has changed.
        var isListening: Bool?
    }

    private struct State {
        var news = News()
        var isListening = false
        var interrupt: Interrupt?
    }

    private let state = Mutex(State())
    private let claimer: Bell
    /// Wakes the listener while it waits for anything but a signal.
    let listenerBell = Bell()

    /// `claimer` is rung for news.
    init(claimer: Bell) {
        self.claimer = claimer
    }

    /// Whether signals arrive.
    var isListening: Bool { state.withLock { $0.isListening } }

    /// Jobs have become available.
    func signal() {
        state.withLock { $0.news.hasSignal = true }
        claimer.ring()
    }

    /// Signals arrive from now on, or do not.
    func listening(_ isListening: Bool) {
        state.withLock { state in
            state.isListening = isListening
            state.news.isListening = isListening
        }
        claimer.ring()
    }

    /// What the claim loop has not seen yet.
    func takeNews() -> News {
        state.withLock { state in
            defer { state.news = News() }
            return state.news
        }
    }

    /// How the listener's wait can be ended from outside.
    func setInterrupt(_ interrupt: Interrupt) {
        state.withLock { $0.interrupt = interrupt }
    }

    /// Makes the listener look around.
    func interruptListener() {
        listenerBell.ring()
        state.withLock { $0.interrupt }?.fire()
    }
}
