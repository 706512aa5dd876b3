import Tusk
import TuskCore
import TuskStore

/// The worker that is measured: all its settings but the queues are the defaults.
enum BenchWorker {
    /// One that calls `handle` for each job of `BenchJob`. It is not started yet.
    static func make(
        _ store: Store,
        queues: [QueueName] = [.standard],
        _ handle: @escaping @Sendable () -> Void
    ) -> Worker {
        var configuration = WorkerConfiguration()
        configuration.queues = queues
        let worker: Worker
        do throws(TuskError) {
            worker = try Worker(configuration, store: store)
        } catch {
            preconditionFailure("the defaults of a worker: \(error)")
        }
        worker.register(BenchJob.kind) { _ in handle() }
        return worker
    }
}
