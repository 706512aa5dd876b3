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
}

extension TuskError {
    /// The store's error in the words of this library.
    init(_ error: StoreError) {
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
        case .unencodable(let what): what
        case .database(let message, _, _): message
        case .closed: "the client is closed"
        }
    }
}
