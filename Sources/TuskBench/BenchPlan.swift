/// How much to measure with.
package struct BenchPlan: Sendable {
    /// Jobs, for workloads that count them. Defaults to 300,000.
    package var jobs = 300_000
    /// How long workloads last that have no end of their own. Defaults to 10 seconds.
    package var seconds = 10
    /// Jobs in one statement of the references and of bulk enqueues. Defaults to 1,000.
    package var batch = 1000
    /// Connections of an HTTP load. Defaults to 64.
    package var connections = 64
    /// Files that the rows of an import are split over. Defaults to 1.
    package var files = 1
    /// Limits that each job of `limits` counts for. Defaults to 1.
    package var limits = 1
    /// Workers of drain, limits and sustained; more than one are processes of their own. Defaults to 1.
    package var processes = 1
    /// Jobs that sustained and snapshot enqueue each second; 0: as many as are worked off. Defaults to 0.
    package var rate = 0
    /// The program that is started for each of them, and its argument. Defaults to this program.
    package var workerCommand = ["/proc/self/exe", BenchWorkerProcess.word]
    /// The environment of each of them: libpq takes from it what the connection string does not say. Defaults to none.
    package var workerEnvironment: [String: String] = [:]
    /// How often everything is repeated; the median counts. Defaults to 3.
    package var rounds = 3

    /// The defaults.
    package init() {}

    /// How long to wait for the end of what has one: 500 jobs a second, and a minute at least.
    var patience: Duration { .seconds(max(60, jobs / 500)) }
    /// `seconds` as a duration.
    var time: Duration { .seconds(seconds) }
}
