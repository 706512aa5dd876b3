import TuskStore

/// Something to measure, and the references it is measured against in the same run.
protocol Workload {
    init(database: BenchDatabase, plan: BenchPlan)
    /// Tusk.
    func tusk() throws(StoreError) -> Figures
    /// The same statements in the same batch sizes without Tusk around them; nil when there is no such thing.
    func limit() throws(StoreError) -> Figures?
    /// The design that other queues use; nil when there is no such thing.
    func classic() throws(StoreError) -> Figures?
}

/// How much to measure with.
package struct BenchPlan: Sendable {
    /// Jobs, for workloads that count them. Defaults to 100,000.
    package var jobs = 100_000
    /// How long workloads last that have no end. Defaults to 10 seconds.
    package var seconds = 10
    /// Jobs in one statement. Defaults to 1,000.
    package var batch = 1000
    /// Connections of the load, where there is one. Defaults to 64.
    package var connections = 64
    /// How often everything is repeated; the median counts. Defaults to 3.
    package var rounds = 3

    /// The defaults.
    package init() {}

    /// How long to wait for the end of what has one.
    var patience: Duration { .seconds(max(60, jobs / 500)) }
}
