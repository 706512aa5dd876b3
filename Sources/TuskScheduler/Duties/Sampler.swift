import TuskStore

/// Notes how much waits in each queue, for the charts.
struct Sampler: Duty {
    static let name = "sampler"

    private let context: DutyContext

    init(_ context: DutyContext) {
        self.context = context
    }

    mutating func round(_ session: StoreSession) throws(StoreError) -> Duration {
        _ = try session.sampleQueues()
        return context.configuration.sampleInterval
    }
}
