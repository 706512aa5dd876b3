import Tusk
import TuskCore
import TuskStore

/// The workers that are measured: one in this process, or several in processes of their own.
final class Crew: Sendable {
    private let own: Worker?
    /// Those that are no part of this process.
    let processes: [WorkerProcess]

    /// As many as the plan says; they do not work yet. `onHandled` is told how many jobs were handled more.
    init(
        _ database: BenchDatabase,
        _ plan: BenchPlan,
        queues: [QueueName] = [.standard],
        onHandled: @escaping @Sendable (Int) -> Void
    ) throws {
        guard plan.processes > 1 else {
            own = BenchWorker.make(database.store(sessionsMax: 1), queues: queues) { onHandled(1) }
            processes = []
            return
        }
        precondition(queues == [.standard], "worker processes serve the standard queue")
        var started: [WorkerProcess] = []
        do {
            for _ in 0..<plan.processes {
                started.append(try WorkerProcess(plan, database.settings, onHandled: onHandled))
            }
        } catch {
            for process in started { process.stop() }
            throw error
        }
        own = nil
        processes = started
    }

    /// CPU seconds of the processes that live; what this process takes is not in it.
    var cpuSeconds: Double { processes.reduce(0) { $0 + $1.cpuSeconds } }

    /// Lets them work.
    func start() throws {
        own?.start()
        for process in processes { try process.start() }
    }

    /// Waits until so many jobs were handled and their outcomes are written.
    func wait(for handled: Countdown, atMost time: Duration) throws {
        let deadline = ContinuousClock.now.advanced(by: time)
        while !handled.wait(atMost: .seconds(1)) {
            try check()
            guard ContinuousClock.now < deadline else {
                throw BenchFailure("only \(handled.value) of \(handled.target) jobs were run")
            }
        }
        while unsettled > 0 {
            try check()
            Moment.pass(.microseconds(200))
        }
    }

    /// Fails when a process is gone.
    func check() throws {
        guard !processes.contains(where: \.hasEnded) else { throw BenchFailure("a worker process has ended") }
    }

    /// Ends them.
    func stop() {
        own?.stop()
        for process in processes { process.stop() }
    }

    private var unsettled: Int {
        (own?.status.unsettledJobs ?? 0) + processes.reduce(0) { $0 + $1.unsettled }
    }
}
