import CLinux
import Glibc

/// Waits for sockets to become ready: epoll. The only file, with `Waker`, that would differ on another system.
///
/// Source: epoll(7). Readiness is level-triggered; the waker's is edge-triggered, so that it needs no reading.
@safe struct Poller: ~Copyable {
    /// What a socket waits for.
    struct Interest: OptionSet {
        let rawValue: UInt8
        static let read = Interest(rawValue: 1)
        static let write = Interest(rawValue: 2)
    }

    /// What a socket is ready for.
    struct Readiness {
        let isReadable: Bool
        let isWritable: Bool
        /// Both directions are over, or the connection was reset.
        let isBroken: Bool
    }

    private let descriptor: Int32
    private let events: UnsafeMutableBufferPointer<epoll_event>

    /// Most events taken at once.
    private static let eventsMax = 256

    init() throws(HTTPServerError) {
        descriptor = tusk_epoll_create()
        guard descriptor >= 0 else { throw .system(call: "epoll_create1", errno: errno) }
        unsafe events = .allocate(capacity: Self.eventsMax)
    }

    deinit {
        unsafe events.deallocate()
        close(descriptor)
    }

    /// Starts watching; `token` comes back with each event. False when the system has no room for it.
    func add(_ socket: Int32, _ interest: Interest, token: UInt64) -> Bool {
        tusk_epoll_control(descriptor, 1, socket, Self.events(interest), token) == 0
    }

    /// Watches for something else.
    func change(_ socket: Int32, _ interest: Interest, token: UInt64) -> Bool {
        tusk_epoll_control(descriptor, 3, socket, Self.events(interest), token) == 0
    }

    /// Stops watching.
    func remove(_ socket: Int32) { _ = tusk_epoll_control(descriptor, 2, socket, 0, 0) }

    /// Makes `waker` end a wait.
    func add(_ waker: Waker, token: UInt64) throws(HTTPServerError) {
        let events = tusk_epoll_in | tusk_epoll_edge
        guard tusk_epoll_control(descriptor, 1, waker.descriptor, events, token) == 0 else {
            throw .system(call: "epoll_ctl", errno: errno)
        }
    }

    /// Waits up to `timeout` nanoseconds, for ever when nil, and returns how many events there are.
    func wait(timeout: Int64?) -> Int {
        // Rounded up, so that a deadline has passed when the wait for it ends.
        let milliseconds = timeout.map { Int32(clamping: max(0, $0 + 999_999) / 1_000_000) } ?? -1
        let count = unsafe epoll_wait(descriptor, events.baseAddress, Int32(Self.eventsMax), milliseconds)
        guard count < 0 else { return Int(count) }
        precondition(errno == EINTR, "epoll_wait fails only when it is called wrongly")
        return 0
    }

    /// The event at `index` of the last wait.
    func event(_ index: Int) -> (token: UInt64, readiness: Readiness) {
        var event = unsafe events[index]
        let bits = unsafe tusk_epoll_events(&event)
        let readiness = Readiness(
            isReadable: bits & tusk_epoll_in != 0,
            isWritable: bits & tusk_epoll_out != 0,
            isBroken: bits & (tusk_epoll_error | tusk_epoll_hang_up) != 0
        )
        return (unsafe tusk_epoll_token(&event), readiness)
    }

    private static func events(_ interest: Interest) -> UInt32 {
        (interest.contains(.read) ? tusk_epoll_in : 0) | (interest.contains(.write) ? tusk_epoll_out : 0)
    }
}

/// Ends a poller's wait from any thread: eventfd(2). Closed when the last thread that may wake forgets it.
final class Waker: Sendable {
    let descriptor: Int32

    init() throws(HTTPServerError) {
        descriptor = tusk_eventfd_create()
        guard descriptor >= 0 else { throw .system(call: "eventfd", errno: errno) }
    }

    deinit { close(descriptor) }

    /// Ends the wait that is going on, or the next one.
    ///
    /// It fails only when 2^64 - 2 wake-ups have not been read, and then the poller has been woken.
    func wake() { _ = tusk_eventfd_add(descriptor) }
}
