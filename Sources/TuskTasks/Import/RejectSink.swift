import TuskPostgres

/// Collects the rows that are set aside and writes them in pieces to their table, in the transaction of a chunk.
struct RejectSink {
    /// Rows kept in memory before they are written.
    private static let pendingMax = 500

    /// How many there are.
    private(set) var count = 0
    private let table: TableName
    private let job: Int64
    private let countMax: Int
    private var pending: [UInt8] = []
    private var pendingCount = 0
    private var hasTable = false
    private var first: Reject?

    /// `count`: how many earlier chunks have set aside.
    init(table: TableName, job: Int64, count: Int, countMax: Int) {
        self.count = count
        self.table = table
        self.job = job
        self.countMax = countMax
    }

    /// Takes a row; throws when there are more than the import may have.
    mutating func add(_ reject: Reject) throws(TaskFailure) {
        first = first ?? reject
        guard count < countMax else {
            let example = first.map { "; the first is in line \($0.line): \($0.reason)" } ?? ""
            throw .refused("more than \(countMax) rows cannot be loaded\(example)")
        }
        count += 1
        pendingCount += 1
        reject.append(to: &pending, job: job)
    }

    /// Whether enough of them wait to be written.
    var isFull: Bool { pendingCount >= Self.pendingMax }

    /// Writes what waits. Not while a COPY is under way.
    mutating func flush(to session: Session) throws(PostgresError) {
        guard pendingCount > 0 else { return }
        if !hasTable { _ = try session.run(ImportSQL.createRejects(table)) }
        hasTable = true
        let writer = try session.copyIn(ImportSQL.copyRejects(into: table))
        try writer.write(pending)
        _ = try writer.finish()
        pending.removeAll(keepingCapacity: true)
        pendingCount = 0
    }
}
