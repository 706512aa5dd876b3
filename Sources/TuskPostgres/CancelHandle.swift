import CLibPQ
import Dispatch
import Synchronization

/// Asks the server, from any thread, to give up what a session runs; the session's call then fails with 57014.
///
/// The request goes over a connection of its own and may come too late, or hit the statement after the one it was meant
/// for: make one only while that does no harm. Behind a pooler it goes through the pooler.
///
/// `@unchecked Sendable`: libpq only reads a `PGcancel`, so any number of threads may meet in it; it is freed in
/// `deinit`, when nobody has it any more. Source: PostgreSQL 15 manual, 34.7 "Canceling Queries in Progress".
@safe package final class CancelHandle: @unchecked Sendable {
    /// Requests under way at once in the process; more are dropped, since each may hold a thread as long as the network
    /// lets it.
    private static let inFlightMax = 8
    private static let inFlight = Mutex(0)

    private let cancel: OpaquePointer

    fileprivate init(owning cancel: OpaquePointer) {
        unsafe self.cancel = cancel
    }

    deinit {
        unsafe PQfreeCancel(cancel)
    }

    /// Sends the request without waiting for it. Returns false when too many are under way.
    @discardableResult
    package func request() -> Bool {
        let hasPlace = Self.inFlight.withLock { count in
            guard count < Self.inFlightMax else { return false }
            count += 1
            return true
        }
        guard hasPlace else { return false }
        DispatchQueue(label: "tusk-cancel").async {
            self.send()
            Self.inFlight.withLock { $0 -= 1 }
        }
        return true
    }

    /// libpq waits for the server to close this connection, and knows no deadline. What it complains of is not told:
    /// whoever cancels waits for the session's call, which has one.
    private func send() {
        var complaint: (UInt64, UInt64) = (0, 0)
        _ = unsafe withUnsafeMutableBytes(of: &complaint) { bytes in
            unsafe PQcancel(cancel, bytes.bindMemory(to: CChar.self).baseAddress, Int32(bytes.count))
        }
    }
}

extension Session {
    /// What another thread needs to cancel this session's statements.
    package func cancelHandle() throws(PostgresError) -> CancelHandle {
        guard let cancel = unsafe PQgetCancel(try connection.opened()) else { throw .closed }
        return unsafe CancelHandle(owning: cancel)
    }
}
