import TuskStore

/// A session of one part of the worker, opened again after each failure. Used by one thread.
///
/// Any error closes it: a fresh session is cheap, and a failover leaves sessions behind that answer and refuse to
/// write.
struct KeptSession {
    private let store: Store
    private let part: WorkerEvent.Part
    private let observe: @Sendable (WorkerEvent) -> Void
    private var session: StoreSession?
    /// Whether the last call failed.
    private(set) var isLost = false

    /// Opens nothing yet.
    init(_ store: Store, for part: WorkerEvent.Part, observe: @escaping @Sendable (WorkerEvent) -> Void) {
        self.store = store
        self.part = part
        self.observe = observe
    }

    /// Runs `body` with a session.
    mutating func call<Answer>(_ body: (StoreSession) throws(StoreError) -> Answer) throws(StoreError) -> Answer {
        do throws(StoreError) {
            let answer = try body(try open())
            if isLost { observe(.databaseBack(part)) }
            isLost = false
            return answer
        } catch {
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

    private mutating func open() throws(StoreError) -> StoreSession {
        if let session, session.isUsable { return session }
        let new = try store.openSession(for: part.rawValue)
        session = new
        return new
    }
}
