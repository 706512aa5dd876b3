import Tusk
import TuskCore
import TuskStore
import TuskTasks
import TuskTelemetry

/// The worker of a process, with the built-in kinds.
final class WorkerRole: ServiceRole {
    let name = "worker"
    private let store: Store
    private let worker: Worker
    private let words: String

    /// Sessions that handlers share, besides those of the worker's own parts.
    private static let sessionsMax = 4

    /// A worker that is not started. `data` is what its data tasks may touch.
    init(_ parts: ServiceParts, data: BuiltInTasks.Configuration) throws(CommandError) {
        store = try parts.store("tusk-worker", sessionsMax: Self.sessionsMax)
        let configuration = Self.configuration(parts)
        do throws(TuskError) {
            worker = try Worker(
                configuration,
                store: store,
                metrics: parts.registry,
                logger: parts.logger,
                tracer: parts.tracer
            )
        } catch {
            throw CommandError(.configuration, error.description)
        }
        let queues = configuration.queues.map(\.text).joined(separator: ", ")
        words = "worker with \(configuration.concurrency) slots for \(queues)"
        for kind in BuiltInKinds.all { worker.register(kind.kind, kind.perform) }
        BuiltInTasks.register(on: worker, data)
    }

    private static func configuration(_ parts: ServiceParts) -> WorkerConfiguration {
        var configuration = WorkerConfiguration()
        configuration.queues = parts.configuration.list(.queues).compactMap { QueueName($0) }
        configuration.concurrency = parts.configuration.integer(.concurrency)
        configuration.reservedSlots = parts.configuration.integer(.reservedSlots)
        if let priority = Priority(rawValue: Int16(parts.configuration.integer(.reservedPriority))) {
            configuration.reservedPriorityMax = priority
        }
        configuration.leaseTime = parts.configuration.duration(.leaseTime)
        configuration.drainTimeout = parts.configuration.duration(.drainTimeout)
        configuration.isListening = !parts.configuration.flag(.behindPooler)
        configuration.host = parts.host
        configuration.version = Program.version
        return configuration
    }

    func start() throws(CommandError) -> String {
        worker.start()
        return words
    }

    func drain(within limit: Duration) {
        worker.drain()
        worker.waitForEnd()
    }

    func stop() {
        // The second order grants no more time.
        worker.drain()
        worker.drain()
        worker.waitForEnd()
        store.close()
    }

    var remains: CommandError? {
        let left = worker.status.unsettledJobs
        guard left > 0 else { return nil }
        return CommandError(
            .busy,
            "\(Words.count(left, "job")) ended and could not be written back, because the database is out of reach",
            hint: "They run again when their leases have passed."
        )
    }

    var isStuck: Bool { !worker.status.isHealthy }
}
