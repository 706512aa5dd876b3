package import TuskPostgres
import TuskStore

/// Measures Tusk on a server, each workload in databases of its own.
package struct Bench: Sendable {
    /// What can be measured.
    package enum Name: String, Sendable, CaseIterable {
        case enqueue, drain, sustained, latency, http
        case bulk
        case get
        case `import`
        case idle
        case backlog, burst, due, queues, limits, snapshot

        /// What its rate counts.
        package var unit: String {
            switch self {
            case .enqueue, .drain, .sustained, .latency, .http, .bulk, .backlog, .burst, .due, .queues, .limits,
                .snapshot:
                "jobs"
            case .get: "requests"
            case .import: "rows"
            case .idle: "transactions"
            }
        }

        /// Whether it can have several worker processes.
        var hasProcesses: Bool { [.drain, .limits, .sustained].contains(self) }

        /// What the reference is called that is no classic design.
        package var reference: String { self == .limits ? "unlimited" : "limit" }
    }

    /// What a workload gave.
    package struct Result: Sendable {
        package let name: Name
        /// Tusk in each round.
        package internal(set) var tusk: [Figures] = []
        /// The bare statements in each round; empty: no such thing.
        package internal(set) var limit: [Figures] = []
        /// The classic design in each round; empty: no such thing.
        package internal(set) var classic: [Figures] = []

        init(name: Name) {
            self.name = name
        }

        /// The run whose rate is the median of its kind; nil for none.
        package static func median(_ runs: [Figures]) -> Figures? {
            runs.isEmpty ? nil : runs.sorted { $0.rate < $1.rate }[runs.count / 2]
        }

        /// Tusk's rate against that of the bare statements, as the median of the rounds.
        package var limitRatio: Double? { Self.ratio(tusk, limit) }
        /// Tusk's rate against that of the classic design, as the median of the rounds.
        package var classicRatio: Double? { Self.ratio(tusk, classic) }

        private static func ratio(_ own: [Figures], _ other: [Figures]) -> Double? {
            let ratios = zip(own, other).map { $0.rate / $1.rate }.sorted()
            return ratios.isEmpty ? nil : ratios[ratios.count / 2]
        }
    }

    private let server: ConnectionSettings
    private let plan: BenchPlan
    private let progress: @Sendable (BenchProgress) -> Void

    /// A bench on this server. `progress` is told each time that something else is measured.
    package init(
        on server: ConnectionSettings,
        _ plan: BenchPlan,
        progress: @escaping @Sendable (BenchProgress) -> Void
    ) {
        self.server = server
        self.plan = plan
        self.progress = progress
    }

    /// Measures one workload.
    package func run(_ name: Name) throws -> Result {
        switch name {
        case .enqueue: try run(name, EnqueueWorkload.self)
        case .drain: try run(name, DrainWorkload.self)
        case .sustained: try run(name, SustainedWorkload.self)
        case .latency: try run(name, LatencyWorkload.self)
        case .http: try run(name, HTTPWorkload.self)
        case .bulk: try run(name, BulkWorkload.self)
        case .get: try run(name, StaticWorkload.self)
        case .import: try run(name, ImportWorkload.self)
        case .idle: try run(name, IdleWorkload.self)
        case .backlog: try run(name, BacklogWorkload.self)
        case .burst: try run(name, BurstWorkload.self)
        case .due: try run(name, DueWorkload.self)
        case .queues: try run(name, QueuesWorkload.self)
        case .limits: try run(name, LimitsWorkload.self)
        case .snapshot: try run(name, SnapshotWorkload.self)
        }
    }

    private func run<Kind: Workload>(_ name: Name, _ type: Kind.Type) throws -> Result {
        var result = Result(name: name)
        var plan = plan
        if !name.hasProcesses { plan.processes = 1 }
        for round in 1...plan.rounds {
            let note = { part in progress(BenchProgress(name: name, roundsDone: round - 1, part: part)) }
            note(.classic)
            let classic = try apart(type, plan) { workload in try workload.classic() }
            note(.tusk)
            let tusk = try apart(type, plan) { workload in try workload.tusk() }
            note(.reference)
            let limit = try apart(type, plan) { workload in try workload.limit() }
            result.tusk.append(tusk)
            if let classic { result.classic.append(classic) }
            if let limit { result.limit.append(limit) }
        }
        return result
    }

    /// Gives a part a database that nobody has used.
    private func apart<Kind: Workload, Answer>(
        _ type: Kind.Type,
        _ plan: BenchPlan,
        _ body: (Kind) throws -> Answer
    ) throws -> Answer {
        let database = try BenchDatabase(on: server)
        defer { database.drop() }
        return try body(Kind(database: database, plan: plan))
    }
}
