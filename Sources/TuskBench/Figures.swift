/// What one run gave.
package struct Figures: Sendable {
    /// Jobs that were done.
    package var jobs: Int
    /// How long it took.
    package var seconds: Double
    /// Times of single calls or jobs in milliseconds, ascending; empty when the workload has none.
    package var latencies: [Double] = []
    /// The same of enqueues, for workloads that time both.
    package var enqueueLatencies: [Double] = []
    /// CPU seconds of Tusk, or of the loop in its place.
    package var ownCPU = 0.0
    /// CPU seconds of PostgreSQL; nil when it runs elsewhere.
    package var serverCPU: Double?
    /// Bytes of WAL written.
    package var walBytes: Int64 = 0
    /// Bytes of tables and indexes afterwards.
    package var tableBytes: Int64 = 0
    /// Dead rows afterwards, as far as the statistics know.
    package var deadRows: Int64 = 0
    /// Jobs done in each second, for runs that last.
    package var perSecond: [Int] = []

    /// Figures of a run between two readings.
    init(jobs: Int, from start: Meter, to end: Meter) {
        self.jobs = jobs
        seconds = start.at.duration(to: end.at) / .seconds(1)
        ownCPU = end.ownCPU - start.ownCPU
        if let before = start.serverCPU, let after = end.serverCPU { serverCPU = after - before }
        walBytes = end.walBytes - start.walBytes
        tableBytes = end.tableBytes
        deadRows = end.deadRows
    }

    /// Jobs per second.
    package var rate: Double { seconds > 0 ? Double(jobs) / seconds : 0 }

    /// The time that this share of all stayed below, in milliseconds; nil without any.
    package func latency(_ share: Double) -> Double? { Self.below(share, latencies) }

    /// The same of enqueues.
    package func enqueueLatency(_ share: Double) -> Double? { Self.below(share, enqueueLatencies) }

    private static func below(_ share: Double, _ times: [Double]) -> Double? {
        times.isEmpty ? nil : times[min(times.count - 1, Int(Double(times.count) * share))]
    }
}
