package import TuskCore
package import TuskPostgres

/// Why the store did not do what it was asked.
package enum StoreError: Error, Equatable, Sendable {
    /// PostgreSQL refused or was out of reach.
    case database(DatabaseFault)
    /// The schema is not the one this program was built for.
    case schema(SchemaState)
    /// The database was restored from a backup or copied, and no operator has said yet what becomes of its jobs.
    case restored
    /// A stored row does not fit the rules of this program; somebody wrote it by hand.
    case unreadable(String)
}

/// A failure of PostgreSQL or of the way to it.
package struct DatabaseFault: Error, Equatable, Sendable {
    /// Five characters; for failures the server did not report, the code of the manual for the case.
    package let sqlState: String
    /// One line for logs, never for HTTP clients.
    package let message: String
    /// Whether the same call can succeed later without anybody changing anything.
    package let isTransient: Bool
    /// Whether the call may have taken effect although it failed.
    package let isUnknownOutcome: Bool
    /// Which field of what was asked the server refused, as a pointer; nil: it did not say.
    package var field: String?
}

extension StoreError {
    /// The same failure in this module's words.
    package init(_ error: PostgresError) {
        self = .database(
            DatabaseFault(
                sqlState: error.sqlState,
                message: error.message,
                isTransient: error.isTransient,
                isUnknownOutcome: error.isUnknownOutcome,
                field: Self.field(error)
            )
        )
    }

    private static let fieldPrefix = "Field: "

    /// What `tusk.refuse` says of the field in the detail.
    private static func field(_ error: PostgresError) -> String? {
        guard case .server(let error) = error, let detail = error.detail, detail.hasPrefix(fieldPrefix) else {
            return nil
        }
        return String(detail.dropFirst(fieldPrefix.count))
    }

    /// What was refused because of a field, and why, where a function of the schema says so.
    package var refusal: ValidationError? {
        switch self {
        case .database(let fault) where fault.sqlState == "22023":
            fault.field.map { ValidationError(pointer: $0, .outOfRange, fault.message) }
        case .database, .schema, .restored, .unreadable: nil
        }
    }

    /// Whether the same call can succeed later without anybody changing anything.
    package var isTransient: Bool {
        switch self {
        case .database(let fault): fault.isTransient
        case .schema, .restored, .unreadable: false
        }
    }

    /// Whether the call may have taken effect although it failed.
    package var isUnknownOutcome: Bool {
        switch self {
        case .database(let fault): fault.isUnknownOutcome
        case .schema, .restored, .unreadable: false
        }
    }

    /// Whether a statement was refused for what it was given: data exception, integrity constraint violation, program
    /// limit exceeded.
    ///
    /// Source: PostgreSQL 15 manual, appendix A "PostgreSQL Error Codes".
    package var liesInData: Bool {
        switch self {
        case .database(let fault):
            !fault.isTransient && !fault.isUnknownOutcome
                && (["22", "23", "54"].contains(fault.sqlState.prefix(2)) || uniqueConflict != nil)
        case .schema, .restored, .unreadable: false
        }
    }

    /// Why a unique job was not enqueued, or a job not retried: its key is held.
    package enum UniqueConflict: Sendable, Hashable {
        /// By a job; the message names it.
        case held(String)
        /// By a transaction that is under way; the next attempt may find the key free or held.
        case busy(String)
    }

    /// Source: the states that the functions of `sql/migrations/0010_unique_jobs.sql` raise.
    package var uniqueConflict: UniqueConflict? {
        switch self {
        case .database(let fault) where fault.sqlState == "TK003": .held(fault.message)
        case .database(let fault) where fault.sqlState == "TK004": .busy(fault.message)
        case .database, .schema, .restored, .unreadable: nil
        }
    }

    /// Whether the wait for a lock took too long. The session is as good as before.
    package var isLockTimeout: Bool {
        switch self {
        case .database(let fault): fault.sqlState == "55P03"
        case .schema, .restored, .unreadable: false
        }
    }
}

extension StoreError: CustomStringConvertible {
    /// One line for logs: short, lower case, no full stop.
    package var description: String {
        switch self {
        case .database(let fault): "\(fault.sqlState): \(fault.message)"
        case .schema(let state): state.description
        case .restored: "the database was restored from a backup or copied; it works after tusk resume --restored"
        case .unreadable(let what): "unreadable row: \(what)"
        }
    }
}
