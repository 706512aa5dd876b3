/// The server's thread: waits for sockets, deadlines and word from other threads, and does what is due.
///
/// Everything here is touched by that one thread. Requests are in `EventLoop+Input.swift`, answers in
/// `EventLoop+Output.swift`, new connections in `EventLoop+Accepting.swift`.
final class EventLoop {
    /// What the loop is made of; all of it may cross to the loop's thread.
    struct Setup: Sendable {
        let router: Router
        let limits: HTTPLimits
        let errorResponse: @Sendable (HTTPRefusal) -> HTTPResponse
        let observer: HTTPObserver?
        let mailbox: Mailbox
        let gauge: ConnectionGauge
        let onDrained: @Sendable () -> Void
    }

    let router: Router
    let limits: HTTPLimits
    let errorResponse: @Sendable (HTTPRefusal) -> HTTPResponse
    let observer: HTTPObserver?
    let mailbox: Mailbox
    let gauge: ConnectionGauge
    let streamLimits: Exchange.StreamLimits
    let bodyBudget: BodyBudget
    private let onDrained: @Sendable () -> Void

    let poller: Poller
    var acceptor: Acceptor
    var connections = ConnectionTable()
    var encoder = ResponseEncoder()
    private var deadlines = DeadlineHeap()
    /// Where every socket's bytes land before its parser takes them.
    var landing = [UInt8](repeating: 0, count: 64 * 1024)
    /// Connections with bytes to send that the current round has not sent yet.
    var unflushed: [Connection] = []
    /// The moment the current round began.
    private(set) var now = Moment.now()
    private(set) var isDraining = false

    static let listenerToken = UInt64.max
    static let wakerToken = UInt64.max - 1

    init(_ setup: Setup, listener: consuming ListeningSocket, waker: Waker) throws(HTTPServerError) {
        router = setup.router
        limits = setup.limits
        errorResponse = setup.errorResponse
        observer = setup.observer
        mailbox = setup.mailbox
        gauge = setup.gauge
        onDrained = setup.onDrained
        streamLimits = Exchange.StreamLimits(
            waitingBytesMax: max(1, setup.limits.unsentBytesMax / 2),
            unreadBytesMax: setup.limits.unreadBytesMax,
            writeTimeout: setup.limits.writeTimeout
        )
        bodyBudget = BodyBudget(bytesMax: setup.limits.bufferedBodyBytesMax)
        acceptor = Acceptor(listener: listener, limits: setup.limits)
        poller = try Poller()
        try poller.add(waker, token: Self.wakerToken)
        startAccepting()
    }

    /// Runs until the order to stop.
    func run() {
        while true {
            let mail = mailbox.collect()
            if mail.order == .stop { break }
            if mail.order == .drain, !isDraining { drain() }
            for exchange in mail.exchanges { answer(exchange) }
            flushAll()
            if isDraining, connections.isEmpty { onDrained() }
            waitForEvents()
            endDue()
            flushAll()
        }
        for connection in connections.all { breakOff(connection) }
        stopAccepting()
    }

    private func waitForEvents() {
        let mayWait = mailbox.fallAsleep()
        let count = poller.wait(timeout: mayWait ? timeout() : 0)
        mailbox.awake()
        now = Moment.now()
        encoder.setTime(second: Moment.wallSecond())
        for index in 0..<count {
            let (token, readiness) = poller.event(index)
            switch token {
            case Self.wakerToken: break
            case Self.listenerToken: acceptWaiting()
            default: handle(token, readiness)
            }
        }
    }

    private func handle(_ token: UInt64, _ readiness: Poller.Readiness) {
        guard let connection = connections[token] else { return }
        if readiness.isReadable { receive(connection) }
        if readiness.isBroken, connection.phase != .closed { breakOff(connection) }
        if readiness.isWritable, connection.phase != .closed { resumeSending(connection) }
    }

    /// Nanoseconds until something is due; nil when nothing is.
    private func timeout() -> Int64? {
        let nearest = min(deadlines.nearest ?? .max, acceptor.pausedUntil ?? .max)
        return nearest == .max ? nil : max(0, nearest - Moment.now())
    }

    // Deadlines

    /// Brings the poller and the heap in line with what the connection waits for now.
    ///
    /// A deadline that moved away is left where it is: when it comes up, `endDue` sees the new one.
    func rearm(_ connection: Connection) {
        guard connection.phase != .closed else { return }
        let wanted = connection.wantedInterest(limits)
        if wanted != connection.interest {
            connection.interest = wanted
            guard poller.change(connection.socket.descriptor, wanted, token: connection.token) else {
                breakOff(connection)
                return
            }
        }
        guard let deadline = connection.deadline(limits), deadline < connection.armedAt else { return }
        connection.armedAt = deadline
        deadlines.insert(DeadlineHeap.Entry(at: deadline, token: connection.token))
    }

    private func endDue() {
        if let until = acceptor.pausedUntil, until <= now { startAccepting() }
        while let entry = deadlines.popDue(now) {
            guard let connection = connections[entry.token], connection.armedAt == entry.at else { continue }
            connection.armedAt = .max
            end(connection)
        }
    }

    /// Ends what has taken too long, if it still has.
    private func end(_ connection: Connection) {
        if let writing = connection.writeDeadline(limits), writing <= now {
            breakOff(connection)
        } else if let receiving = connection.receivingDeadline(limits), receiving <= now {
            if connection.parser.isInsideHead {
                refuse(connection, HTTPRefusal(.headerTimeout))
            } else {
                close(connection)
            }
        } else if let body = connection.bodyDeadline(limits), body <= now {
            refuse(connection, HTTPRefusal(.bodyTimeout))
        } else if connection.phase == .lingering, connection.deadline(limits) ?? .max <= now {
            close(connection)
        }
        rearm(connection)
    }

    // Draining

    private func drain() {
        isDraining = true
        acceptWaiting(atMost: limits.connectionsMax)
        stopAccepting()
        for connection in connections.all {
            // A request that has reached this machine is still answered.
            if connection.phase == .receiving { receive(connection) }
            switch connection.phase {
            case .receiving where !connection.parser.isInsideHead: finish(connection)
            case .exchanging where connection.current?.stream?.isEndless == true: endStream(connection)
            default: break
            }
        }
    }
}

/// The open connections, found by token: a place in a list and how often that place was used before, so that an event
/// for a connection that is gone never meets the next one.
struct ConnectionTable {
    private var places: [Connection?] = []
    private var uses: [UInt32] = []
    private var free: [Int] = []

    /// How many there are.
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// All of them.
    var all: [Connection] { places.compactMap { $0 } }

    /// The token of the next connection.
    mutating func nextToken() -> UInt64 {
        if free.isEmpty {
            free.append(places.count)
            places.append(nil)
            uses.append(0)
        }
        let place = free[free.count - 1]
        return UInt64(uses[place]) << 32 | UInt64(place)
    }

    /// Adds the connection that has the token given out last.
    mutating func add(_ connection: Connection) {
        let place = free.removeLast()
        precondition(UInt64(truncatingIfNeeded: place) == connection.token & 0xFFFF_FFFF, "tokens are used in order")
        places[place] = connection
        count += 1
    }

    /// Forgets a connection.
    mutating func remove(_ connection: Connection) {
        let place = Int(truncatingIfNeeded: connection.token & 0xFFFF_FFFF)
        guard places[place] === connection else { return }
        places[place] = nil
        // The highest value is left out: with it the last place would have the tokens of listener and waker.
        uses[place] = uses[place] >= UInt32.max - 1 ? 0 : uses[place] + 1
        free.append(place)
        count -= 1
    }

    /// The connection with this token, if it is still open.
    subscript(token: UInt64) -> Connection? {
        let place = Int(truncatingIfNeeded: token & 0xFFFF_FFFF)
        guard place < places.count, let connection = places[place], connection.token == token else { return nil }
        return connection
    }
}
