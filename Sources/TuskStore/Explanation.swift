package import TuskCore
import TuskPostgres

/// Why a job, or the jobs of a queue, are not running: what holds them back, in order; or that nothing does.
package struct Explanation: Sendable {
    /// One thing that holds a job back, or the one that says that nothing does.
    package struct Reason: Sendable {
        /// One word for programs, such as `queue_paused`, `limit`, `no_worker`, `not_due`, `runnable`, `running`.
        package let word: String
        /// The same for people, with its numbers.
        package let message: String
        /// The numbers for programs: a JSON object.
        package let detail: JSONText
    }

    /// In the order in which they have to be cleared; never empty.
    package let reasons: [Reason]

    /// Whether a claim that reaches the job takes it.
    package var isRunnable: Bool { reasons.first?.word == "runnable" }
    /// Whether the job is known.
    package var isFound: Bool { reasons.first?.word != "not_found" }
}

extension StoreSession {
    private static let explainQueue = SQLCatalog.statement("explain_queue", isReadOnly: true)
    private static let explainJob = SQLCatalog.statement("explain_job", isReadOnly: true)

    /// Why a job is not running.
    package func explain(_ id: JobID) throws(StoreError) -> Explanation {
        try explanation(try run(Self.explainJob) { $0.int8(id.rawValue) })
    }

    /// Why the jobs of a queue are not running, from the first 10,000 of each sort.
    package func explain(_ queue: QueueName) throws(StoreError) -> Explanation {
        try explanation(try run(Self.explainQueue) { $0.text(queue.text) })
    }

    private func explanation(_ rows: ResultSet) throws(StoreError) -> Explanation {
        guard rows.rowCount > 0 else { throw .unreadable("an explanation without a reason") }
        let reasons = (0..<rows.rowCount).map { row in
            Explanation.Reason(
                word: rows.text(row, 0),
                message: rows.text(row, 1),
                detail: rows.jsonIfPresent(row, 2) ?? .emptyObject
            )
        }
        return Explanation(reasons: reasons)
    }
}
