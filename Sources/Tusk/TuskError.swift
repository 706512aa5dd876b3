import TuskStore

/// Why the library did not do what it was asked.
public enum TuskError: Error, Equatable, Sendable {
    /// A setting is wrong; trying again is useless.
    case configuration(String)
    /// A job is not as it must be.
    case invalid(ValidationError)
    /// The value cannot be written as JSON of the allowed size.
    case unencodable(String)
    /// PostgreSQL refused or was out of reach. `isTransient`: the same call can succeed later. `isUnknownOutcome`: it
    /// may have taken effect although it failed.
    case database(message: String, isTransient: Bool, isUnknownOutcome: Bool)
    /// The client was closed.
    case closed
    /// What is stored is not of the type that was asked for.
    case undecodable(String)
    /// The job was told to stop, or its lease is lost; what was asked for is not done.
    case stopped(String)
}

extension TuskError {
    /// The lease is stale; the job was told to stop. Source: sql/migrations/0006_lease_functions.sql.
    private static let stopStates = ["TK001", "TK002"]

    /// The store's error in the words of this library.
    init(_ error: StoreError) {
        if case .database(let fault) = error, Self.stopStates.contains(fault.sqlState) {
            self = .stopped(fault.message)
            return
        }
        self = .database(
            message: error.description,
            isTransient: error.isTransient,
            isUnknownOutcome: error.isUnknownOutcome
        )
    }
}

extension TuskError: CustomStringConvertible {
    /// One line: short, lower case, no full stop.
    public var description: String {
        switch self {
        case .configuration(let what): what
        case .invalid(let error): error.description
        case .unencodable(let what), .undecodable(let what), .stopped(let what): what
        case .database(let message, _, _): message
        case .closed: "the client is closed"
        }
    }
}
