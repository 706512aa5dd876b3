package import TuskCore
package import TuskPostgres

/// One session with the jobs' statements; used by one thread at a time.
///
/// The verbs are in extensions, one file a verb: `Enqueue`, `Claim`, `Settle` and so on.
package final class StoreSession {
    /// The session below.
    package let session: Session
    /// Which shard the statements name. 0 on one PostgreSQL.
    package let shard: Int16 = 0

    /// Takes over a session.
    package init(_ session: Session) {
        self.session = session
    }

    /// Whether calls can still succeed; when not, open another session.
    package var isUsable: Bool { session.isUsable }

    /// Closes the session.
    package func close() {
        session.close()
    }

    /// Runs a statement and puts its error into this module's words.
    package func run(
        _ statement: Statement,
        deadline: Deadline? = nil,
        _ fill: (inout Parameters) -> Void = { _ in }
    ) throws(StoreError) -> ResultSet {
        var parameters = Parameters()
        fill(&parameters)
        do throws(PostgresError) {
            return try session.run(statement, parameters, deadline: deadline)
        } catch {
            throw StoreError(error)
        }
    }

    /// Runs `body` in one transaction, read committed.
    package func transaction<Answer>(
        _ body: (StoreSession) throws(StoreError) -> Answer
    ) throws(StoreError) -> Answer {
        try session.transaction(mapping: StoreError.init) { _ throws(StoreError) in try body(self) }
    }
}

extension Parameters {
    /// A parameter for a worker, scheduler or leader id.
    package mutating func uuid(_ id: WorkerID) {
        uuid(high: id.high, low: id.low)
    }
}

extension ResultSet {
    /// The id in a cell that is never null.
    func workerID(_ row: Int, _ column: Int) -> WorkerID {
        let (high, low) = uuid(row, column)
        return WorkerID(high: high, low: low)
    }

    /// The moment in a cell; nil for null.
    func momentIfPresent(_ row: Int, _ column: Int) -> Timestamp? {
        timestampIfPresent(row, column).map(Timestamp.init(microseconds:))
    }

    /// The moment in a cell that is never null.
    func moment(_ row: Int, _ column: Int) -> Timestamp {
        Timestamp(microseconds: timestamp(row, column))
    }

    /// The JSON in a cell; nil for null.
    func jsonIfPresent(_ row: Int, _ column: Int) -> JSONText? {
        bytesIfPresent(row, column).map(JSONText.init(trusted:))
    }
}

extension Duration {
    /// Whole milliseconds, rounded down; at most about 292 million years.
    package var wholeMilliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }

    /// Whole microseconds, rounded down; at most about 292,000 years.
    package var wholeMicroseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
}
