import TuskPostgres

/// Why an import did not happen. Nothing of it is in the database then.
enum ImportFailure: Error, Equatable {
    /// It can never succeed as it was asked for, or with this file.
    case refused(String)
    /// The file cannot be read now.
    case unreadable(String)
    /// PostgreSQL refused or was out of reach.
    case database(PostgresError)
    /// Somebody told the job to stop.
    case stopped
    /// The server refused rows that were thought to be good; the import has to be done again with more care.
    case needsCare
}

extension ImportFailure: CustomStringConvertible {
    /// One line: short, lower case, no full stop.
    var description: String {
        switch self {
        case .refused(let what), .unreadable(let what): what
        case .database(let error): error.description
        case .stopped: "told to stop"
        case .needsCare: "the server refused rows that were thought to be good"
        }
    }
}
