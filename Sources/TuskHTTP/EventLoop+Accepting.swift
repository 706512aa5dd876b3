import Synchronization

/// Takes new connections, within limits.
struct Acceptor: ~Copyable {
    private var listener: ListeningSocket?
    private let limits: HTTPLimits
    private var counts: [PeerAddress.Origin: Int] = [:]
    /// Accepting rests until this moment, because the process has no descriptor left.
    private(set) var pausedUntil: Int64?
    private var isWatched = false

    /// Connections accepted before other work gets its turn.
    static let acceptsPerRound = 64

    init(listener: consuming ListeningSocket, limits: HTTPLimits) {
        self.listener = consume listener
        self.limits = limits
    }

    /// Watches the listening socket; when the system refuses, a pause begins.
    mutating func watch(with poller: borrowing Poller, now: Int64) {
        pausedUntil = nil
        guard let descriptor = listener?.descriptor, !isWatched else { return }
        isWatched = poller.add(descriptor, .read, token: EventLoop.listenerToken)
        if !isWatched { pausedUntil = Moment.after(now, limits.acceptPause) }
    }

    /// Rests for a while: a socket that stays readable would keep the loop spinning.
    mutating func pause(_ poller: borrowing Poller, now: Int64) {
        if let descriptor = listener?.descriptor, isWatched { poller.remove(descriptor) }
        isWatched = false
        pausedUntil = Moment.after(now, limits.acceptPause)
    }

    /// Takes the next connection.
    func accept() -> ListeningSocket.Accepted {
        guard listener != nil else { return .none }
        return listener?.accept() ?? .none
    }

    /// Closes the listening socket for good.
    mutating func close() {
        listener = nil
        isWatched = false
        pausedUntil = nil
    }

    /// Counts a connection of `origin`; false when it has too many.
    mutating func admit(_ origin: PeerAddress.Origin, open: Int) -> Bool {
        guard open < limits.connectionsMax, counts[origin, default: 0] < limits.connectionsPerAddressMax else {
            return false
        }
        counts[origin, default: 0] += 1
        return true
    }

    /// Forgets a connection of `origin`.
    mutating func release(_ origin: PeerAddress.Origin) {
        guard let count = counts[origin] else { return }
        counts[origin] = count > 1 ? count - 1 : nil
    }
}

/// How many connections are open, for anyone to read.
final class ConnectionGauge: Sendable {
    private let count = Atomic<Int>(0)

    /// Open connections.
    var value: Int {
        get { count.load(ordering: .relaxed) }
        set { count.store(newValue, ordering: .relaxed) }
    }
}

extension EventLoop {
    func startAccepting() { acceptor.watch(with: poller, now: now) }

    func stopAccepting() { acceptor.close() }

    func acceptWaiting(atMost count: Int = Acceptor.acceptsPerRound) {
        for _ in 0..<count {
            switch acceptor.accept() {
            case .connection(let socket, let address): open(socket, PeerAddress(address))
            case .none: return
            case .gone: continue
            case .exhausted:
                acceptor.pause(poller, now: now)
                return
            }
        }
    }

    private func open(_ socket: consuming Socket, _ peer: PeerAddress) {
        guard acceptor.admit(peer.origin, open: connections.count) else {
            turnAway(socket)
            return
        }
        socket.tune()
        let descriptor = socket.descriptor
        let token = connections.nextToken()
        let connection = Connection(token: token, socket: socket, peer: peer, limits: limits, now: now)
        guard poller.add(descriptor, .read, token: token) else {
            acceptor.release(peer.origin)
            return
        }
        connections.add(connection)
        gauge.value = connections.count
        rearm(connection)
    }

    /// Says 503 as far as that goes without waiting. What the client has sent is taken first, because closing a socket
    /// with unread bytes resets it.
    private func turnAway(_ socket: borrowing Socket) {
        let refusal = HTTPRefusal(.tooManyConnections)
        var out: [UInt8] = []
        let response = errorResponse(refusal)
        _ = encoder.appendHead(
            status: response.status,
            headers: response.headers,
            framing: .length(response.body.count),
            closes: true,
            to: &out
        )
        out.append(contentsOf: response.body)
        _ = socket.send(out, from: 0)
        socket.finishSending()
        _ = socket.receive(into: &landing)
        observe(method: nil, status: refusal.status, startedAt: now, bytesSent: out.count, reason: refusal.reason)
    }
}
