import Synchronization

/// One place for a running job: a lane, the task that works on it, and the run it is at.
///
/// The task takes one job after another. A handler is told to stop by cancelling the task it runs in, which cannot be
/// undone; so after such a job the slot goes on with a new task. Jobs that end by themselves cost no task.
final class Slot: Sendable {
    /// What a task does after a run.
    enum Next: Sendable {
        /// Take the next job.
        case takeOn
        /// End; a new task goes on.
        case renew
        /// End, with the slot.
        case end
    }

    private struct State {
        var run: JobRun?
        var task: Task<Void, Never>?
        /// The task was cancelled, or is about to be.
        var isSpent = false
        /// Another slot has taken its place.
        var isAbandoned = false
    }

    let lane: SlotLane
    private let state = Mutex(State())

    /// A slot with a thread of its own, and no task yet.
    init(number: Int) {
        lane = SlotLane(label: "tusk.slot.\(number)")
    }

    /// Starts a task that runs `body` on the lane.
    func start(_ body: @escaping @Sendable (Slot) async -> Void) {
        state.withLock { state in
            state.isSpent = false
            state.task = Task(executorPreference: lane) { await body(self) }
        }
    }

    /// What runs; nil: nothing.
    var run: JobRun? { state.withLock { $0.run } }

    /// Takes note of the run that begins.
    func begin(_ run: JobRun) {
        state.withLock { $0.run = run }
    }

    /// Takes note that the run is over; what its task does next.
    func end() -> Next {
        state.withLock { state in
            state.run = nil
            if state.isAbandoned { return .end }
            return state.isSpent ? .renew : .takeOn
        }
    }

    /// The task to cancel so that this run is told to stop; nil when it is over.
    func spend(for run: JobRun) -> Task<Void, Never>? {
        state.withLock { state in
            guard state.run === run else { return nil }
            state.isSpent = true
            return state.task
        }
    }

    /// Lets the task end after its run, whenever that may be. False when the run is over, or was abandoned before.
    func abandon(_ run: JobRun) -> Bool {
        state.withLock { state in
            guard state.run === run, !state.isAbandoned else { return false }
            state.isAbandoned = true
            return true
        }
    }
}
