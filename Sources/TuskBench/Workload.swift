import TuskStore

/// Something to measure, and the references it is measured against in the same run.
protocol Workload {
    init(database: BenchDatabase, plan: BenchPlan)
    /// Tusk.
    func tusk() throws -> Figures
    /// The same statements in the same batch sizes without Tusk around them; nil when there is no such thing.
    func limit() throws -> Figures?
    /// The design that other queues use; nil when there is no such thing.
    func classic() throws -> Figures?
}

extension Workload {
    func limit() throws -> Figures? { nil }
    func classic() throws -> Figures? { nil }
}
