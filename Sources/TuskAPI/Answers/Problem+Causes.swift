package import TuskCore
package import TuskStore

// What errors of other modules are to a client.
extension Problem {
    /// The body is no JSON that is accepted.
    package init(_ error: JSONError) {
        let fault = Fault(.pointer(error.pointer), code: error.code, detail: error.message, offset: error.offset)
        let kind = error.reason == .tooLarge ? ProblemKind.bodyTooLarge : .invalidJSON
        self.init(kind, "The body is not acceptable JSON: \(error.message).", faults: [fault])
    }

    /// The body is JSON, but not what is wanted.
    package init(_ error: ValidationError) {
        let faults = error.problems.map { Fault(.pointer($0.pointer), code: $0.code, detail: $0.detail) }
        let detail = faults.count == 1 ? "One field is wrong." : "\(faults.count) fields are wrong."
        self.init(.validation, detail, faults: faults)
    }

    /// The store did not do what it was asked; what the server said stays in the log.
    package init(_ error: StoreError) {
        switch error.uniqueConflict {
        case .held(let message):
            self.init(.uniqueConflict, "Nothing was enqueued or changed: \(message).")
            return
        case .busy(let message):
            self.init(.uniqueInFlight, "Nothing was enqueued or changed: \(message).")
            return
        case nil: break
        }
        switch error {
        case .database(let fault) where fault.isTransient || fault.isUnknownOutcome:
            self.init(.databaseUnavailable, Self.detail(isUnknown: fault.isUnknownOutcome))
            isUnknownOutcome = fault.isUnknownOutcome
        case .database(let fault) where Self.missingSchemaStates.contains(fault.sqlState):
            self.init(.schemaMismatch, "The database was not migrated to the version this program needs.")
        case .schema:
            self.init(.schemaMismatch, "The database was not migrated to the version this program needs.")
        case .restored:
            self.init(.databaseRestored, "No job starts before an operator runs tusk resume --restored.")
        case .database, .unreadable:
            self.init(.internalError, "The request failed; the log has the reason under this request id.")
        }
    }

    /// A header field that is wrong.
    static func header(_ name: String, code: String, _ detail: String) -> Problem {
        Problem(.invalidRequest, detail, faults: [Fault(.header(name), code: code, detail: detail)])
    }

    /// A parameter of the query or the path that is wrong.
    static func parameter(_ name: String, code: String, _ detail: String) -> Problem {
        Problem(.invalidRequest, detail, faults: [Fault(.parameter(name), code: code, detail: detail)])
    }

    /// Undefined schema, table, column or function.
    ///
    /// Source: PostgreSQL 15 manual, appendix A "PostgreSQL Error Codes".
    private static let missingSchemaStates: Set<String> = ["3F000", "42P01", "42703", "42883"]

    private static func detail(isUnknown: Bool) -> String {
        isUnknown
            ? "No answer came from the database, so the request may or may not have taken effect."
            : "The database is out of reach; nothing was done."
    }
}
