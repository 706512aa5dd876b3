import CCurl
import Synchronization

/// Sessions of libcurl that are kept between calls, each with the connection it made last, so that a server that is
/// asked often is not greeted anew each time. All calls of one pool have the same guard, so a connection that is there
/// leads to an address that was allowed.
///
/// Source: libcurl 7.88, curl_easy_reset(3): it keeps live connections.
final class CurlSessions: Sendable {
    /// A session that nobody uses.
    ///
    /// `@unchecked`: the pool forgets a session when it lends it, and takes it back when the call is over, so a parked
    /// session is in nobody's hands.
    @safe private struct Parked: @unchecked Sendable {
        let session: UnsafeMutableRawPointer
    }

    /// The most sessions that are kept: as many connections stay open to wait for the next call.
    private static let parkedMax = 16
    private static let isReady = tusk_curl_init() == CURLE_OK

    private let parked = Mutex<[Parked]>([])

    deinit {
        for free in parked.withLock({ $0 }) { unsafe curl_easy_cleanup(free.session) }
    }

    /// Lends a session for the time of `body`, with the options of a new one.
    @unsafe func with<Answer>(
        _ body: (UnsafeMutableRawPointer) throws(TaskFailure) -> Answer
    ) throws(TaskFailure) -> Answer {
        guard let session = unsafe borrow() else { throw .unreadable("libcurl does not start") }
        defer { unsafe park(session) }
        return try unsafe body(session)
    }

    /// The one that was used last: its connection is the likeliest to be open still.
    @unsafe private func borrow() -> UnsafeMutableRawPointer? {
        if let free = parked.withLock({ $0.popLast() }) { return unsafe free.session }
        return unsafe Self.make()
    }

    /// A new session, which the caller has to clean up; nil: libcurl does not start.
    @unsafe static func make() -> UnsafeMutableRawPointer? {
        guard isReady else { return nil }
        return unsafe curl_easy_init()
    }

    @unsafe private func park(_ session: UnsafeMutableRawPointer) {
        // Its options point to what belonged to the call.
        unsafe curl_easy_reset(session)
        let free = unsafe Parked(session: session)
        let isKept = parked.withLock { parked in
            guard parked.count < Self.parkedMax else { return false }
            parked.append(free)
            return true
        }
        if !isKept { unsafe curl_easy_cleanup(session) }
    }
}
