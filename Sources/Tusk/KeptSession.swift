import TuskStore

/// A session of one part of the worker, opened again after each failure. Used by one thread.
///
/// Any error but a lock that was waited for in vain closes it: a fresh session is cheap, and a failover leaves sessions
/// behind that answer and refuse to write.
struct KeptSession {
    private let store: Store
    private let part: WorkerEvent.Part
    private let lockTimeout: Duration?
    private let observe: @Sendable (WorkerEvent) -> Void
    private var session: StoreSession?
    /// Whether the last call failed.
    private(set) var isLost = false
    /// Whether the last call failed because no session could be opened.
    private(set) var isUnopened = false

    /// Opens nothing yet. `lockTimeout`: how long a statement waits for a lock; nil: as the store's settings say.
    init(
        _ store: Store,
        for part: WorkerEvent.Part,
        lockTimeout: Duration? = nil,
        observe: @escaping @Sendable (WorkerEvent) -> Void
    ) {
        self.store = store
        self.part = part
        self.lockTimeout = lockTimeout
        self.observe = observe
    }

    /// Runs `body` with a session.
    mutating func call<Answer>(_ body: (StoreSession) throws(StoreError) -> Answer) throws(StoreError) -> Answer {
        do throws(StoreError) {
            isUnopened = true
            let session = try open()
            isUnopened = false
            let answer = try body(session)
            noteSuccess()
            return answer
        } catch {
            if error.isLockTimeout, session?.isUsable == true {
                noteSuccess()
                throw error
            }
            close()
            if !isLost { observe(.databaseFailed(part, error)) }
            isLost = true
            throw error
        }
    }

    /// Closes it; a later call opens another.
    mutating func close() {
        session?.close()
        session = nil
    }

    private mutating func noteSuccess() {
        if isLost { observe(.databaseBack(part)) }
        isLost = false
    }

    private mutating func open() throws(StoreError) -> StoreSession {
        if let session, session.isUsable { return session }
        let new = try store.openSession(for: part.rawValue, lockTimeout: lockTimeout)
        session = new
        // The server may be back with the data of a backup, sooner than the registration ends.
        if part == .claimer { try new.checkNotRestored() }
        return new
    }
}
