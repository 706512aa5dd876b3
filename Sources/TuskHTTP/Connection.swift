/// One connection, as the loop sees it; touched by the loop's thread only.
///
/// ```
///            head complete             answer complete, connection kept
/// receiving --------------> exchanging ---------------------------------> receiving
///     |  refused, timed out     |  answer complete, connection not kept
///     v                         v
///  flushing ---- all sent ---> lingering ---- client done, or time is up ----> closed
/// ```
final class Connection {
    enum Phase {
        /// Between requests, or inside the head of one.
        case receiving
        /// A request has a head and is being received, handled or answered.
        case exchanging
        /// The last answer is on its way out.
        case flushing
        /// Sending is over; what the client still sends is dropped, so that no reset overtakes the answer.
        case lingering
        case closed
    }

    /// How far a request has come.
    struct Current {
        let head: RequestHead
        let match: RouteMatch
        let startedAt: Int64
        var body: [UInt8] = []
        /// What `body` takes of the server's memory for bodies.
        var bodyShare: BodyShare?
        var bodyCount = 0
        var isBodyComplete = false
        /// The client waits for `100 Continue`.
        var owesContinue: Bool
        /// The reader of the body has enough for now; the socket is not read.
        var isBodyPaused = false
        var bodyClock: StallClock
        /// Set once a streamed answer has begun.
        var stream: Stream?
        var bytesSent = 0
    }

    /// An answer that is written piece by piece.
    struct Stream {
        let status: Int
        let isChunked: Bool
        /// Ends with the client's side, as an event stream does.
        let isEndless: Bool
        let keepsConnection: Bool
    }

    let token: UInt64
    let socket: Socket
    let peer: PeerAddress
    var phase = Phase.receiving
    var parser: RequestParser
    var exchange: Exchange?
    var current: Current?

    /// Bytes to be sent, from `sentCount` on.
    var out: [UInt8] = []
    var sentCount = 0
    var writeClock = StallClock()

    /// On the list of connections that the current round sends.
    var isUnflushed = false
    /// Pipelined requests wait until the answers before them are sent.
    var isHeldBack = false
    /// The client has closed its side.
    var hasPeerFinished = false
    var interest: Poller.Interest = .read
    /// The nearest deadline this connection has in the heap; `.max` for none.
    var armedAt = Int64.max
    /// Since when the connection waits for a request, or inside `receiving` since the first byte of one.
    var receivingSince: Int64
    /// No request has been received on this connection.
    var isFresh = true
    var lingeringSince: Int64 = 0
    var lingeredCount = 0

    /// An output buffer with more room than this is given back when it is empty, so that idle connections stay small.
    static let keptCapacityMax = 16 * 1024

    init(token: UInt64, socket: consuming Socket, peer: PeerAddress, limits: HTTPLimits, now: Int64) {
        self.token = token
        self.socket = socket
        self.peer = peer
        parser = RequestParser(limits: limits)
        receivingSince = now
    }

    /// Bytes that wait to be sent.
    var unsentCount: Int { out.count - sentCount }

    /// A request has begun to arrive but its head is not complete; the first request counts from the connection on.
    var isInsideHead: Bool { phase == .receiving && (isFresh || parser.isInsideHead) }

    /// What the socket should be watched for.
    func wantedInterest(_ limits: HTTPLimits) -> Poller.Interest {
        var wanted: Poller.Interest = unsentCount > 0 ? .write : []
        if !hasPeerFinished, wantsInput(limits) { wanted.insert(.read) }
        return wanted
    }

    private func wantsInput(_ limits: HTTPLimits) -> Bool {
        switch phase {
        case .receiving: unsentCount < limits.unsentBytesMax
        case .exchanging:
            // Reading on while a request is handled finds out that the client left.
            current?.isBodyComplete == false
                ? current?.isBodyPaused == false : parser.unusedCount < limits.pipelineBytesMax
        case .lingering: true
        case .flushing, .closed: false
        }
    }

    /// The nearest moment at which something must have happened, or nil.
    func deadline(_ limits: HTTPLimits) -> Int64? {
        var nearest: Int64?
        switch phase {
        case .receiving: nearest = receivingDeadline(limits)
        case .exchanging: nearest = bodyDeadline(limits)
        case .lingering: nearest = Moment.after(lingeringSince, limits.lingerTimeout)
        case .flushing, .closed: break
        }
        guard let writing = writeDeadline(limits) else { return nearest }
        return min(writing, nearest ?? .max)
    }

    /// When the head must be complete or, between requests, have begun.
    func receivingDeadline(_ limits: HTTPLimits) -> Int64? {
        guard phase == .receiving else { return nil }
        return Moment.after(receivingSince, isInsideHead ? limits.headerTimeout : limits.idleTimeout)
    }

    /// When the body must be complete, as things stand.
    func bodyDeadline(_ limits: HTTPLimits) -> Int64? {
        guard phase == .exchanging, let current, !current.isBodyComplete else { return nil }
        return current.bodyClock.deadline(limits.bodyTimeout, perSecond: limits.bodyBytesPerSecondMin)
    }

    /// When the client must have taken what waits to be sent, as things stand.
    func writeDeadline(_ limits: HTTPLimits) -> Int64? {
        writeClock.deadline(limits.writeTimeout, perSecond: limits.writeBytesPerSecondMin)
    }
}
