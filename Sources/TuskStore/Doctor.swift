package import TuskCore
import TuskPostgres

/// Something that is wrong with the server, the schema or the processes.
package struct Finding: Sendable, Hashable {
    /// How soon somebody has to look.
    package enum Severity: String, Sendable, CaseIterable {
        /// Jobs wait or may be lost.
        case bad
        /// It will be bad.
        case warning
        /// As somebody wanted it.
        case note
    }

    package let severity: Severity
    /// One word for programs, such as `no_worker`.
    package let word: String
    /// The same for people, with its numbers.
    package let message: String
    /// The statement or the command that mends it.
    package let remedy: String

    /// A finding of these parts.
    package init(_ severity: Severity, _ word: String, _ message: String, remedy: String) {
        self.severity = severity
        self.word = word
        self.message = message
        self.remedy = remedy
    }
}

extension StoreSession {
    private static let examineStatement = SQLCatalog.statement("examine", isReadOnly: true)

    /// What is wrong, the worst kinds of things first; and the time of the server.
    package func examine() throws(StoreError) -> (findings: [Finding], moment: Timestamp) {
        let rows = try run(Self.examineStatement)
        guard rows.rowCount > 0 else { throw .unreadable("an examination without a row") }
        var findings: [Finding] = []
        for row in 0..<rows.rowCount where !rows.isNull(row, 0) {
            guard let severity = Finding.Severity(rawValue: rows.text(row, 0)) else {
                throw .unreadable("a severity \(rows.text(row, 0))")
            }
            findings.append(Finding(severity, rows.text(row, 1), rows.text(row, 2), remedy: rows.text(row, 3)))
        }
        return (findings, rows.moment(0, 4))
    }
}
