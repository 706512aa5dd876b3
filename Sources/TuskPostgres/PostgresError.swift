/// Why a call to PostgreSQL did not give a result.
///
/// `sent` says whether the call may have taken effect all the same: its last byte may have reached the server, it was
/// not marked read-only, and it was not part of a transaction that is certain to be rolled back.
package enum PostgresError: Error, Equatable, Sendable {
    /// The connection could not be made, or broke.
    case connection(message: String, sent: Bool)
    /// The time allowed for the call was over. Once something was sent, the session is closed.
    case deadline(sent: Bool)
    /// The server answered with an error.
    case server(ServerError)
    /// The session or the pool was closed before the call.
    case closed
    /// The server, or libpq, said something that does not fit. The session is closed.
    case protocolViolation(String, sent: Bool = false)
    /// The connection string is wrong, or the server has a setting that cannot be overridden; trying again is useless.
    case configuration(String)

    /// Whether the same call can succeed later without anybody changing anything.
    package var isTransient: Bool {
        switch self {
        case .connection, .deadline: true
        case .server(let error): error.isTransient
        case .closed, .protocolViolation, .configuration: false
        }
    }

    /// Whether the call may have taken effect although it failed.
    package var isUnknownOutcome: Bool {
        switch self {
        case .connection(_, let sent), .deadline(let sent), .protocolViolation(_, let sent): sent
        case .server, .closed, .configuration: false
        }
    }

    /// The server's SQLSTATE; for failures it did not report, the code PostgreSQL's manual has for the case.
    ///
    /// Source: PostgreSQL 15 manual, appendix A "PostgreSQL Error Codes".
    package var sqlState: String {
        switch self {
        case .connection: "08006"
        case .deadline: "57014"
        case .server(let error): error.sqlState
        case .closed: "08003"
        case .protocolViolation: "08P01"
        case .configuration: "F0000"
        }
    }

    /// The first two characters of the SQLSTATE, for counting errors by class.
    package var sqlStateClass: String {
        String(sqlState.prefix(2))
    }

    /// One line for logs: short, lower case, no full stop, no password.
    package var message: String {
        switch self {
        case .connection(let message, _): message
        case .deadline(let sent): sent ? "no answer in time, outcome unknown" : "no answer in time"
        case .server(let error): error.message
        case .closed: "the session is closed"
        case .protocolViolation(let message, _): message
        case .configuration(let message): message
        }
    }
}

extension PostgresError: CustomStringConvertible {
    /// The message with the SQLSTATE in front.
    package var description: String { "\(sqlState): \(message)" }
}

/// An error as the server reported it, field by field.
///
/// Source: PostgreSQL 15 manual, 55.8 "Error and Notice Message Fields".
package struct ServerError: Error, Equatable, Sendable {
    /// `ERROR`, `FATAL` or `PANIC`, never translated.
    package var severity: String
    /// Five characters.
    package var sqlState: String
    /// The primary message, in the server's language.
    package var message: String
    /// More about the case.
    package var detail: String?
    /// What could be done.
    package var hint: String?
    /// Where in PL/pgSQL it happened.
    package var context: String?
    /// The schema the error is about.
    package var schema: String?
    /// The table the error is about.
    package var table: String?
    /// The column the error is about.
    package var column: String?
    /// The violated constraint.
    package var constraint: String?
    /// The name of the statement that failed, as its author gave it.
    package var statement: String?

    /// An error with these fields.
    package init(
        severity: String = "ERROR",
        sqlState: String,
        message: String,
        detail: String? = nil,
        hint: String? = nil,
        context: String? = nil,
        schema: String? = nil,
        table: String? = nil,
        column: String? = nil,
        constraint: String? = nil,
        statement: String? = nil
    ) {
        self.severity = severity
        self.sqlState = sqlState
        self.message = message
        self.detail = detail
        self.hint = hint
        self.context = context
        self.schema = schema
        self.table = table
        self.column = column
        self.constraint = constraint
        self.statement = statement
    }

    /// Whether the same statement can succeed later: the connection, a conflict, a resource or an operator was to
    /// blame.
    ///
    /// 25006 (read-only transaction) counts, because a failover leaves sessions on the former primary.
    package var isTransient: Bool {
        switch sqlState {
        case "40001", "40P01", "55P03", "57014", "25006": true
        default: sqlState.hasPrefix("08") || sqlState.hasPrefix("53") || sqlState.hasPrefix("57P0")
        }
    }

    /// Whether the server ends the session after this error.
    var endsSession: Bool { severity == "FATAL" || severity == "PANIC" }

    /// Whether the error says that the server goes away or is no longer the primary, so that every other session of a
    /// pool is as good as lost too.
    var condemnsServer: Bool {
        ["25006", "57P01", "57P02", "57P03"].contains(sqlState)
    }
}
