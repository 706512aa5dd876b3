import TuskCore

/// A lane in a pretended database: transactions draw ranks and commit later, workers claim with a cursor each.
struct LaneSimulation {
    struct Rules {
        /// How long a transaction may take, in milliseconds.
        var transactionMax: Int64
        /// Whether a transaction may draw ranks before it has its number, as between evaluating and inserting a row.
        var drawsBeforeNumber = false
        /// Whether a claim may be rolled back, which gives its rows back behind everybody's cursor.
        var rollsBack = false
    }

    private struct Writer {
        var number: Int64?
        var ranks: [Int64]
        let endsAt: Int64
    }

    private struct Claim {
        let number: Int64
        let ranks: [Int64]
        let endsAt: Int64
    }

    private var random: SplitMix64
    private let rules: Rules
    private var nextNumber: Int64 = 1000
    private var nextRank: Int64 = 1
    private var writers: [Writer] = []
    private var claims: [Claim] = []
    private var waiting: Set<Int64> = []
    private var cursors = [ClaimCursor](repeating: ClaimCursor(), count: 3)

    private(set) var now: Int64 = 0
    private(set) var written = 0
    private(set) var claimed: [Int64: Int] = [:]
    /// Rows that waited at or below a cursor at which a claim looked.
    private(set) var passedBy = 0
    /// Claims that stepped over no rows that are gone.
    private(set) var claimsAboveZero = 0

    init(seed: UInt64, rules: Rules) {
        random = SplitMix64(seed: seed)
        self.rules = rules
    }

    var isEmpty: Bool { writers.isEmpty && claims.isEmpty && waiting.isEmpty }

    mutating func step(writing: Bool) {
        now += .random(in: 1...20, using: &random)
        if writing, Int.random(in: 0..<3, using: &random) == 0 { begin() }
        for index in writers.indices { draw(index) }
        endWriters()
        endClaims()
        if Bool.random(using: &random) { claim(Int.random(in: cursors.indices, using: &random)) }
    }

    private mutating func drawNumber() -> Int64 {
        defer { nextNumber += 1 }
        return nextNumber
    }

    private mutating func begin() {
        // Most transactions are short.
        let isShort = Int.random(in: 0..<8, using: &random) > 0
        let length = Int64.random(in: 1...(isShort ? 30 : rules.transactionMax), using: &random)
        let number = rules.drawsBeforeNumber && Bool.random(using: &random) ? nil : drawNumber()
        writers.append(Writer(number: number, ranks: [], endsAt: now + length))
    }

    /// Draws some ranks; a writer without a number gets it after its first ones.
    private mutating func draw(_ index: Int) {
        guard writers[index].ranks.count < 12, Bool.random(using: &random) else { return }
        for _ in 0..<Int.random(in: 0..<6, using: &random) {
            writers[index].ranks.append(nextRank)
            nextRank += 1
        }
        if writers[index].number == nil, Bool.random(using: &random) { writers[index].number = drawNumber() }
    }

    private mutating func endWriters() {
        for writer in writers where writer.endsAt <= now {
            let commits = Int.random(in: 0..<10, using: &random) > 0
            if commits {
                written += writer.ranks.count
                waiting.formUnion(writer.ranks)
            }
        }
        writers.removeAll { $0.endsAt <= now }
    }

    private mutating func endClaims() {
        for claim in claims where claim.endsAt <= now {
            let commits = !rules.rollsBack || Int.random(in: 0..<5, using: &random) > 0
            if commits {
                for rank in claim.ranks { claimed[rank, default: 0] += 1 }
            } else {
                waiting.formUnion(claim.ranks)
            }
        }
        claims.removeAll { $0.endsAt <= now }
    }

    /// Takes what the snapshot shows above the cursor; the rows stay locked until the claim ends.
    private mutating func claim(_ worker: Int) {
        let time = Duration.milliseconds(now)
        let isFull = cursors[worker].fullScanIsDue(now: time)
        let cursor = cursors[worker].cursor(now: time)
        if cursor > 0 { claimsAboveZero += 1 }
        passedBy += waiting.count { $0 <= cursor }
        let limit = Int.random(in: 1...40, using: &random)
        let ranks = Array(waiting.filter { $0 > cursor }.sorted().prefix(limit))
        let running = writers.compactMap(\.number) + claims.map(\.number)
        let snapshotXmin = running.min() ?? nextNumber
        let snapshotXmax = nextNumber
        waiting.subtract(ranks)
        if !ranks.isEmpty {
            let length: Int64 = rules.rollsBack ? .random(in: 0...40, using: &random) : 0
            claims.append(Claim(number: drawNumber(), ranks: ranks, endsAt: now + length))
        }
        if isFull { cursors[worker].noteFullScan(now: time) }
        cursors[worker].record(
            highestRank: ranks.last,
            reachedLimit: ranks.count == limit,
            snapshotXmin: snapshotXmin,
            snapshotXmax: snapshotXmax,
            now: time
        )
    }
}
