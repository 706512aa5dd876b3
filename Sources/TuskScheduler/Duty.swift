import TuskStore

/// One of the periodic works of a scheduler. Used by one thread, with a session of its own.
protocol Duty: Sendable {
    /// One word for the thread, the session, log lines and metrics.
    static var name: String { get }
    /// Whether only the leader does it; others would find nothing to do.
    static var isForLeader: Bool { get }
    /// How long one call of it may take; nil: as long as any other call.
    static var callTimeout: Duration? { get }

    /// Does what there is to do and says how long to rest.
    mutating func round(_ session: StoreSession) throws(StoreError) -> Duration

    /// What is left to do when the scheduler stops in good order.
    mutating func finish(_ session: StoreSession) throws(StoreError)
}

extension Duty {
    static var isForLeader: Bool { true }
    static var callTimeout: Duration? { nil }

    mutating func finish(_ session: StoreSession) throws(StoreError) {}
}
