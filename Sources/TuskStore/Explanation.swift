package import TuskCore
import TuskPostgres

/// Why a job is not running: what holds it back, in order; or that it is runnable, runs, or ended.
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

    /// The job.
    package let id: JobID
    /// In the order in which they have to be cleared; never empty.
    package let reasons: [Reason]

    /// Whether a claim that reaches the job takes it.
    package var isRunnable: Bool { reasons.first?.word == "runnable" }
    /// Whether the job is known.
    package var isFound: Bool { reasons.first?.word != "not_found" }
}

extension StoreSession {
    private static let explainJob = SQLCatalog.statement("explain_job", isReadOnly: true)

    /// Why a job is not running.
    package func explain(_ id: JobID) throws(StoreError) -> Explanation {
        let rows = try run(Self.explainJob) { $0.int8(id.rawValue) }
        guard rows.rowCount > 0 else { throw .unreadable("an explanation without a reason") }
        let reasons = (0..<rows.rowCount).map { row in
            Explanation.Reason(
                word: rows.text(row, 0),
                message: rows.text(row, 1),
                detail: rows.jsonIfPresent(row, 2) ?? .emptyObject
            )
        }
        return Explanation(id: id, reasons: reasons)
    }
}
