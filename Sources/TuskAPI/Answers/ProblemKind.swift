/// Everything that this API refuses by itself; the raw value is the stable name in `type`.
///
/// What the HTTP server refuses before a route is found has the names of `HTTPRefusal.Reason`, with hyphens.
package enum ProblemKind: String, Sendable, Hashable, CaseIterable {
    /// The body is not a JSON text, or not one that is accepted.
    case invalidJSON = "invalid-json"
    /// A header field, a parameter or a part of the path is wrong.
    case invalidRequest = "invalid-request"
    /// The query has a parameter that this resource does not know.
    case unknownParameter = "unknown-parameter"
    /// The page token was not given out for this list.
    case invalidPageToken = "invalid-page-token"
    /// There are no credentials, or they do not work. Which of the two is not said.
    case unauthenticated
    /// The key lacks the scope that this resource needs.
    case missingScope = "missing-scope"
    /// A page of another origin asks, and there are no credentials that could tell its user from others.
    case crossOrigin = "cross-origin"
    /// There is no such job, or it was pruned.
    case jobNotFound = "job-not-found"
    /// There is no such schedule.
    case scheduleNotFound = "schedule-not-found"
    /// No limit is set for this key.
    case limitNotFound = "limit-not-found"
    /// Nobody has this order key.
    case orderKeyNotFound = "order-key-not-found"
    /// The job that holds the order key is not over.
    case orderKeyBusy = "order-key-busy"
    /// There is no such operation, or it was pruned.
    case operationNotFound = "operation-not-found"
    /// The operation had ended by itself.
    case operationEnded = "operation-ended"
    /// Too many operations are under way.
    case tooManyOperations = "too-many-operations"
    /// The lease has ended, or it is not the caller's.
    case leaseLost = "lease-lost"
    /// The job is in a state from which this change does not start.
    case jobState = "job-state"
    /// Another job holds the unique key of this one.
    case uniqueConflict = "unique-conflict"
    /// Somebody is enqueuing a job with the same unique key at this moment.
    case uniqueInFlight = "unique-in-flight"
    /// The first request with this idempotency key is not finished.
    case idempotencyInFlight = "idempotency-in-flight"
    /// What is there is not what `If-Match` or `If-None-Match` expects.
    case preconditionFailed = "precondition-failed"
    /// The body is longer than this resource takes.
    case bodyTooLarge = "body-too-large"
    /// The body is of another type than this resource takes.
    case unsupportedMediaType = "unsupported-media-type"
    /// The body is JSON, but not what this resource takes.
    case validation
    /// The idempotency key was used for another request.
    case idempotencyMismatch = "idempotency-mismatch"
    /// Too many attempts with credentials that do not work.
    case tooManyFailures = "too-many-failures"
    /// The key has a rate, and this request is one too many.
    case rateLimited = "rate-limited"
    /// A mistake of this program or of its configuration; the log has it under the request's id.
    case internalError = "internal-error"
    /// PostgreSQL is out of reach, or has no room at the moment.
    case databaseUnavailable = "database-unavailable"
    /// The database's schema does not fit this program.
    case schemaMismatch = "schema-mismatch"
    /// The database was restored from a backup or copied; no job starts before an operator says so.
    case databaseRestored = "database-restored"
    /// Too many requests wait already.
    case overloaded
    /// This process is about to end.
    case draining
}

extension ProblemKind {
    /// The status of the answer.
    package var status: Int {
        switch self {
        case .invalidJSON, .invalidRequest, .unknownParameter, .invalidPageToken: 400
        case .unauthenticated: 401
        case .missingScope, .crossOrigin: 403
        case .jobNotFound, .scheduleNotFound, .limitNotFound, .orderKeyNotFound, .operationNotFound: 404
        case .jobState, .leaseLost, .orderKeyBusy, .uniqueConflict, .uniqueInFlight, .idempotencyInFlight: 409
        case .operationEnded, .tooManyOperations: 409
        case .preconditionFailed: 412
        case .bodyTooLarge: 413
        case .unsupportedMediaType: 415
        case .validation, .idempotencyMismatch: 422
        case .tooManyFailures, .rateLimited: 429
        case .internalError: 500
        case .databaseUnavailable, .schemaMismatch, .databaseRestored, .overloaded, .draining: 503
        }
    }

    /// The same for all problems of the kind, for people.
    package var title: String {
        switch self {
        case .invalidJSON: "The body is not acceptable JSON"
        case .invalidRequest: "The request is malformed"
        case .unknownParameter: "Unknown query parameter"
        case .invalidPageToken: "Invalid page token"
        case .unauthenticated: "Authentication required"
        case .missingScope: "Missing scope"
        case .crossOrigin: "Cross-origin request refused"
        case .jobNotFound: "No such job"
        case .scheduleNotFound: "No such schedule"
        case .limitNotFound: "No such limit"
        case .orderKeyNotFound: "No such order key"
        case .orderKeyBusy: "The order key is held by a job that is not over"
        case .operationNotFound: "No such operation"
        case .operationEnded: "The operation has ended"
        case .tooManyOperations: "Too many operations are under way"
        case .leaseLost: "The lease is lost"
        case .jobState: "The job is in the wrong state"
        case .uniqueConflict: "Another job holds the unique key"
        case .uniqueInFlight: "A job with this unique key is being enqueued"
        case .idempotencyInFlight: "A request with this idempotency key is in flight"
        case .preconditionFailed: "A precondition failed"
        case .bodyTooLarge: "The body is too large"
        case .unsupportedMediaType: "Unsupported media type"
        case .validation: "The request is invalid"
        case .idempotencyMismatch: "The idempotency key was used for another request"
        case .tooManyFailures: "Too many failed attempts"
        case .rateLimited: "Too many requests"
        case .internalError: "Internal error"
        case .databaseUnavailable: "The database is unavailable"
        case .schemaMismatch: "The database's schema does not fit"
        case .databaseRestored: "The database was restored and waits for an operator"
        case .overloaded: "Too many requests are waiting"
        case .draining: "The server is shutting down"
        }
    }

    /// After how many seconds trying again makes sense; nil where it does not.
    var retryAfterSeconds: Int? {
        switch self {
        case .idempotencyInFlight, .uniqueInFlight, .databaseUnavailable, .overloaded, .draining, .rateLimited: 1
        case .schemaMismatch, .databaseRestored: 10
        case .tooManyFailures: 10
        case .invalidJSON, .invalidRequest, .unknownParameter, .invalidPageToken, .unauthenticated: nil
        case .missingScope, .crossOrigin, .jobNotFound, .scheduleNotFound, .limitNotFound: nil
        case .jobState, .leaseLost, .uniqueConflict, .orderKeyNotFound, .orderKeyBusy: nil
        case .operationNotFound, .operationEnded, .tooManyOperations, .preconditionFailed: nil
        case .bodyTooLarge, .unsupportedMediaType, .validation, .idempotencyMismatch, .internalError: nil
        }
    }
}
