import TuskStore

/// The session of the coalescer's thread, opened when it is needed.
///
/// After a failed attempt nobody tries for a moment, so that requests are refused at once while the database is away.
struct EnqueueSession {
    /// A session that lay idle for longer proves itself first: a request must not end in doubt only because its session
    /// was lost long before.
    private static let idleMax = Duration.seconds(1)
    /// How long the proof may take.
    private static let proofTimeout = Duration.seconds(1)
    /// Between two attempts to connect.
    private static let pause = Duration.milliseconds(100)

    private let store: Store
    private var session: StoreSession?
    private var usedAt = ContinuousClock.now
    private var failure: (error: StoreError, at: ContinuousClock.Instant)?

    init(store: Store) {
        self.store = store
    }

    /// The session, opened if need be.
    mutating func session(now: ContinuousClock.Instant) throws(StoreError) -> StoreSession {
        if let session, try isGood(session, now: now) { return session }
        close()
        if let failure, failure.at.duration(to: now) < Self.pause { throw failure.error }
        do throws(StoreError) {
            let opened = try store.openSession(for: "enqueue")
            (session, failure, usedAt) = (opened, nil, .now)
            return opened
        } catch {
            failure = (error, .now)
            throw error
        }
    }

    /// Notes that the session was used.
    mutating func noteUse(at moment: ContinuousClock.Instant) {
        usedAt = moment
    }

    /// Closes the session; the next one is opened when it is needed.
    mutating func close() {
        session?.close()
        session = nil
    }

    /// Throws when the server has gone silent, because connecting anew would then take longer than a client waits.
    private mutating func isGood(_ session: StoreSession, now: ContinuousClock.Instant) throws(StoreError) -> Bool {
        guard session.isUsable else { return false }
        guard usedAt.duration(to: now) > Self.idleMax else { return true }
        do throws(StoreError) {
            return try !session.health(within: Self.proofTimeout).isStandby
        } catch {
            guard usedUpTime(error) else { return false }
            close()
            failure = (error, .now)
            throw error
        }
    }

    /// Whether the server did not answer in time, rather than answer that it goes, or be gone.
    ///
    /// Source: PostgreSQL 15 manual, appendix A, 57014 "query_canceled", which the store has for its own deadlines too.
    private func usedUpTime(_ error: StoreError) -> Bool {
        switch error {
        case .database(let fault): fault.sqlState == "57014"
        case .schema, .restored, .unreadable: false
        }
    }
}
