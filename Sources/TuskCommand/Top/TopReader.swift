import Dispatch
import Synchronization
import TuskStore

/// Asks the database for what `tusk top` shows, while keys are read: nobody waits for an answer.
final class TopReader: Sendable {
    private struct State {
        var isAsking = false
        var answer: Result<TopSnapshot, CommandError>?
    }

    private let state = Mutex(State())
    private let lane = DispatchQueue(label: "tusk.top")
    private let store: Store

    init(_ store: Store) {
        self.store = store
    }

    /// Asks, unless an answer is still to come.
    func ask() {
        let isFree = state.withLock { state in
            defer { state.isAsking = true }
            return !state.isAsking
        }
        guard isFree else { return }
        lane.async { [self] in
            let answer = Self.read(Database(store))
            state.withLock { state in
                state.answer = answer
                state.isAsking = false
            }
        }
    }

    /// An answer that has come since this was last called.
    func take() -> Result<TopSnapshot, CommandError>? {
        state.withLock { state in
            defer { state.answer = nil }
            return state.answer
        }
    }

    /// Asks and waits.
    static func read(_ database: Database) -> Result<TopSnapshot, CommandError> {
        do throws(CommandError) {
            return .success(try database.with(TopSnapshot.read))
        } catch {
            return .failure(error)
        }
    }
}
