package import TuskPostgres
package import TuskStore

/// Measures Tusk on a server, each workload in databases of its own.
package struct Bench: Sendable {
    /// What can be measured.
    package enum Name: String, Sendable, CaseIterable {
        case drain
    }

    /// What a workload gave.
    package struct Result: Sendable {
        package let name: Name
        /// Tusk in each round.
        package let tusk: [Figures]
        /// The bare statements in each round; empty: no such thing.
        package let limit: [Figures]
        /// The classic design in each round; empty: no such thing.
        package let classic: [Figures]

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
    private let progress: @Sendable (String) -> Void

    /// A bench on this server. `progress` is told what is measured.
    package init(
        on server: ConnectionSettings,
        _ plan: BenchPlan,
        progress: @escaping @Sendable (String) -> Void
    ) {
        self.server = server
        self.plan = plan
        self.progress = progress
    }

    /// Measures one workload.
    package func run(_ name: Name) throws(StoreError) -> Result {
        switch name {
        case .drain: try run(name, DrainWorkload.self)
        }
    }

    private func run(_ name: Name, _ type: (some Workload).Type) throws(StoreError) -> Result {
        var (tusk, limit, classic): ([Figures], [Figures], [Figures]) = ([], [], [])
        for round in 1...plan.rounds {
            progress("\(name), round \(round) of \(plan.rounds): classic")
            if let figures = try apart(type, { workload throws(StoreError) in try workload.classic() }) {
                classic.append(figures)
            }
            progress("\(name), round \(round) of \(plan.rounds): tusk")
            tusk.append(try apart(type) { workload throws(StoreError) in try workload.tusk() })
            progress("\(name), round \(round) of \(plan.rounds): limit")
            if let figures = try apart(type, { workload throws(StoreError) in try workload.limit() }) {
                limit.append(figures)
            }
        }
        return Result(name: name, tusk: tusk, limit: limit, classic: classic)
    }

    /// Gives a part a database that nobody has used.
    private func apart<Kind: Workload, Answer>(
        _ type: Kind.Type,
        _ body: (Kind) throws(StoreError) -> Answer
    ) throws(StoreError) -> Answer {
        let database = try BenchDatabase(on: server)
        defer { database.drop() }
        return try body(Kind(database: database, plan: plan))
    }
}
