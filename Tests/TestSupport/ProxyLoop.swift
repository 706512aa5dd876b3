import Dispatch
import Glibc
import Synchronization

/// The thread of a `FaultProxy`. All but `control` and `wake` is used by that thread alone.
///
/// `@unchecked Sendable`: the lists of connections are touched only in `run`, which is called once.
final class ProxyLoop: @unchecked Sendable {
    struct Control {
        var mode = FaultProxy.Mode.pass
        /// Counts settings of the mode, so that setting it again starts its counts anew.
        var changes = 0
        /// Those who wait until the mode is in force.
        var waiting: [DispatchSemaphore] = []
        var isStopped = false
        var accepted = 0
        var requestBytes = 0
    }

    /// Bytes on their way in one direction.
    private struct Flow {
        var chunks: [(due: ContinuousClock.Instant, bytes: ArraySlice<UInt8>)] = []
        var isEnded = false
        var isOver: Bool { isEnded && chunks.isEmpty }
        var byteCount: Int { chunks.reduce(0) { $0 + $1.bytes.count } }
    }

    private struct Link {
        let client: Int32
        let server: Int32
        var requests = Flow()
        var replies = Flow()
        /// Whether bytes were lost, so that what follows them would make no sense.
        var isTorn = false
    }

    /// How much may be on its way before the proxy stops reading.
    private static let flowBytesMax = 1 << 20

    let control = Mutex(Control())
    let port: Int
    private let listener: Int32
    private let server: sockaddr_in
    private let wakeEnds: (read: Int32, write: Int32)
    private var links: [Link] = []
    private var mode = FaultProxy.Mode.pass
    private var changes = 0
    private var replyBytesLeft = Int.max

    init(server: sockaddr_in) throws {
        self.server = server
        (listener, port) = try ProxySocket.listen()
        wakeEnds = try ProxySocket.pair()
    }

    deinit {
        for descriptor in [listener, wakeEnds.read, wakeEnds.write] {
            close(descriptor)
        }
    }

    /// Makes the loop look at `control`.
    func wake() {
        var byte: UInt8 = 1
        _ = Glibc.write(wakeEnds.write, &byte, 1)
    }

    /// Runs until stopped.
    func run() {
        while obey() {
            var watched = [
                pollfd(fd: listener, events: Int16(POLLIN), revents: 0),
                pollfd(fd: wakeEnds.read, events: Int16(POLLIN), revents: 0),
            ]
            for link in links {
                let client = events(reads: link.requests, writes: link.replies)
                let server = events(reads: link.replies, writes: link.requests)
                watched.append(pollfd(fd: link.client, events: client, revents: 0))
                watched.append(pollfd(fd: link.server, events: server, revents: 0))
            }
            let count = poll(&watched, nfds_t(watched.count), pollMilliseconds)
            precondition(count >= 0 || errno == EINTR, "poll failed with errno \(errno)")
            if watched[1].revents != 0 { ProxySocket.drain(wakeEnds.read) }
            let linkCount = links.count
            if watched[0].revents != 0 { accept() }
            for index in (0..<linkCount).reversed() {
                let (client, server) = (watched[2 + 2 * index].revents, watched[3 + 2 * index].revents)
                if !move(index, client: client, server: server) { cut(index) }
            }
            if replyBytesLeft <= 0 { cutAll() }
        }
        cutAll()
    }
}

/// Modes.
extension ProxyLoop {
    /// Takes over a new mode. Returns false when the loop is to end.
    private func obey() -> Bool {
        let wanted = control.withLock { control in
            defer { control.waiting = [] }
            return control
        }
        if wanted.changes != changes {
            (mode, changes) = (wanted.mode, wanted.changes)
            change()
        }
        for semaphore in wanted.waiting {
            semaphore.signal()
        }
        return !wanted.isStopped
    }

    /// Begins the mode.
    private func change() {
        replyBytesLeft = .max
        switch mode {
        case .cut: cutAll()
        case .cutAfter(let bytes): replyBytesLeft = bytes
        case .pass, .delay:
            for index in links.indices.reversed() where links[index].isTorn { cut(index) }
        case .blackhole, .dropReplies: break
        }
    }

    private func isLost(isReply: Bool) -> Bool {
        switch mode {
        case .blackhole: true
        case .dropReplies: isReply
        case .pass, .cut, .delay, .cutAfter: false
        }
    }

    private var latency: Duration {
        if case .delay(let milliseconds) = mode { .milliseconds(milliseconds) } else { .zero }
    }
}

/// Moving bytes.
extension ProxyLoop {
    private func events(reads: Flow, writes: Flow) -> Int16 {
        var events: Int32 = 0
        if !reads.isEnded && reads.byteCount < Self.flowBytesMax { events |= POLLIN }
        if let first = writes.chunks.first, first.due <= .now { events |= POLLOUT }
        return Int16(events)
    }

    /// Until the next delayed bytes are due; for ever when there are none.
    private var pollMilliseconds: Int32 {
        let now = ContinuousClock.now
        let dues = links.flatMap { [$0.requests.chunks.first?.due, $0.replies.chunks.first?.due] }.compactMap { $0 }
        guard let next = dues.filter({ $0 > now }).min() else { return -1 }
        return Int32(now.duration(to: next) / .milliseconds(1)) + 1
    }

    private func accept() {
        let client = Glibc.accept(listener, nil, nil)
        guard client >= 0 else { return }
        control.withLock { $0.accepted += 1 }
        guard mode != .cut, let upstream = ProxySocket.connect(server) else {
            ProxySocket.reset(client)
            return
        }
        ProxySocket.prepare(client)
        links.append(Link(client: client, server: upstream, isTorn: mode == .blackhole))
    }

    /// Reads and writes what is possible. Returns false when the link is over.
    private func move(_ index: Int, client: Int16, server: Int16) -> Bool {
        let broken = Int16(POLLERR | POLLNVAL)
        guard client & broken == 0, server & broken == 0 else { return false }
        let readable = Int16(POLLIN | POLLHUP)
        if client & readable != 0 { read(links[index].client, index, isReply: false) }
        if server & readable != 0 { read(links[index].server, index, isReply: true) }
        let isWritten =
            write(links[index].server, &links[index].requests) && write(links[index].client, &links[index].replies)
        guard isWritten else { return false }
        // When one side has ended and everything it said is delivered, the other is told.
        if links[index].requests.isOver { shutdown(links[index].server, Int32(SHUT_WR)) }
        if links[index].replies.isOver { shutdown(links[index].client, Int32(SHUT_WR)) }
        return !(links[index].requests.isOver && links[index].replies.isOver)
    }

    private func read(_ descriptor: Int32, _ index: Int, isReply: Bool) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        guard count > 0 else {
            let isOver = count == 0 || (errno != EAGAIN && errno != EINTR)
            if isOver, isReply { links[index].replies.isEnded = true }
            if isOver, !isReply { links[index].requests.isEnded = true }
            return
        }
        if !isReply { control.withLock { $0.requestBytes += count } }
        guard !isLost(isReply: isReply) else {
            links[index].isTorn = true
            return
        }
        let isLimited = isReply && replyBytesLeft < count
        let bytes = buffer.prefix(isLimited ? max(0, replyBytesLeft) : count)
        let chunk = (due: ContinuousClock.now.advanced(by: latency), bytes: bytes)
        if isReply {
            links[index].replies.chunks.append(chunk)
            if replyBytesLeft != .max { replyBytesLeft -= count }
        } else {
            links[index].requests.chunks.append(chunk)
        }
    }

    private func write(_ descriptor: Int32, _ flow: inout Flow) -> Bool {
        while let first = flow.chunks.first, first.due <= .now {
            let count = first.bytes.withUnsafeBytes { bytes in
                send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            }
            guard count >= 0 else { return errno == EAGAIN || errno == EINTR }
            flow.chunks[0].bytes = first.bytes.dropFirst(count)
            if flow.chunks[0].bytes.isEmpty { flow.chunks.removeFirst() }
        }
        return true
    }

    private func cut(_ index: Int) {
        let link = links.remove(at: index)
        ProxySocket.reset(link.client)
        ProxySocket.reset(link.server)
    }

    private func cutAll() {
        for index in links.indices.reversed() {
            cut(index)
        }
        replyBytesLeft = .max
    }
}
