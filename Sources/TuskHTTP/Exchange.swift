import Synchronization

/// One request and its answer, shared by the loop and the handler's threads.
///
/// Handlers say things under the lock and then, when the state asks for it, tell the loop through the mailbox; the
/// loop takes everything said in one go. Neither waits for the other except in `write` and `read`.
final class Exchange: Sendable {
    /// Where the loop finds the connection.
    let connection: UInt64
    private let mailbox: Mailbox
    private let limits: StreamLimits
    private let state: Mutex<ExchangeState>
    private let waitPoint: Mutex<WaitPoint?> = Mutex(nil)

    /// The limits that concern streams.
    struct StreamLimits: Sendable {
        /// Bytes a stream may have waiting for the loop: half of what may be unsent, because the connection takes them
        /// all at once and then holds as much.
        let waitingBytesMax: Int
        let unreadBytesMax: Int
        let writeTimeout: Duration
    }

    /// `isBodyPaused` when the client waits for `100 Continue`.
    init(connection: UInt64, mailbox: Mailbox, limits: StreamLimits, isBodyPaused: Bool = false) {
        state = Mutex(ExchangeState(isBodyPaused: isBodyPaused))
        self.connection = connection
        self.mailbox = mailbox
        self.limits = limits
    }

    // Said by handlers, on any thread

    /// Gives the answer; false when there was one before.
    func give(_ answer: ExchangeState.Answer) -> Bool {
        let (isFirst, post) = state.withLock { $0.give(answer) }
        if post { mailbox.post(self) }
        return isFirst
    }

    /// Gives the answers of many exchanges; each loop concerned is woken at most once.
    static func give(_ answers: [(Exchange, HTTPResponse)]) {
        var posts: [Exchange] = []
        for (exchange, response) in answers where exchange.state.withLock({ $0.give(.response(response)).post }) {
            posts.append(exchange)
        }
        guard let mailbox = posts.first?.mailbox else { return }
        mailbox.post(posts.filter { $0.mailbox === mailbox })
        for exchange in posts where exchange.mailbox !== mailbox { exchange.mailbox.post(exchange) }
    }

    /// Adds bytes to the stream, waiting for room; `timeout` bounds each wait.
    func write(_ bytes: [UInt8], timeout: Duration?) throws(HTTPStreamError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let point = pointForWaiting()
            let ticket = point.ticket()
            let (result, post) = state.withLock { $0.write(rest, unsentBytesMax: limits.waitingBytesMax) }
            if post { mailbox.post(self) }
            switch result {
            case .taken(let count): rest = rest.dropFirst(count)
            case .closed: throw .closed
            case .full:
                let deadline = Moment.after(Moment.now(), timeout ?? limits.writeTimeout)
                guard point.wait(leaving: ticket, until: deadline) else { throw .stalled }
            }
        }
    }

    /// Adds all bytes or none.
    func offer(_ bytes: [UInt8]) throws(HTTPStreamError) -> Bool {
        let (result, post) = state.withLock { state in
            state.offer(bytes[...], unsentBytesMax: limits.waitingBytesMax)
        }
        if post { mailbox.post(self) }
        switch result {
        case .taken: return true
        case .full: return false
        case .closed: throw .closed
        }
    }

    /// Ends the stream; when it is not whole the client sees a broken one.
    func finish(isWhole: Bool) {
        if state.withLock({ $0.finish(isWhole: isWhole) }) { mailbox.post(self) }
    }

    /// The next piece of the body, waiting for it; nil at its end.
    func read() throws(HTTPStreamError) -> [UInt8]? {
        while true {
            let point = pointForWaiting()
            let ticket = point.ticket()
            let (result, post) = state.withLock { $0.read() }
            if post { mailbox.post(self) }
            switch result {
            case .piece(let bytes): return bytes
            case .end: return nil
            case .broken(let error): throw error
            // The loop ends every body that does not arrive in time, so this wait ends.
            case .empty: _ = point.wait(leaving: ticket)
            }
        }
    }

    /// Whether what is said still reaches the client.
    var isOver: Bool { state.withLock(\.isOver) }

    /// Whether the client has closed its side or is gone.
    var hasClientLeft: Bool { state.withLock { $0.hasClientLeft || $0.isOver } }

    // Said by the loop

    /// The handler has returned; what it left behind is taken next.
    func endHandling() { state.withLock { $0.endHandling() } }

    /// Takes what is to be done.
    func take(takesBytes: Bool) -> ExchangeState.Work {
        let work = state.withLock { $0.take(takesBytes: takesBytes) }
        if !work.bytes.isEmpty { wakeWaiting() }
        return work
    }

    /// Adds a piece of the body; true when no more is to be read for now.
    func deliver(_ piece: [UInt8]) -> Bool {
        let isEnough = state.withLock { $0.deliver(piece, unreadBytesMax: limits.unreadBytesMax) }
        wakeWaiting()
        return isEnough
    }

    /// The body is complete, or will never be.
    func endBody(_ error: HTTPStreamError? = nil) {
        state.withLock { $0.endBody(error) }
        wakeWaiting()
    }

    /// The client has closed its side.
    func noteClientLeft() { state.withLock { $0.noteClientLeft() } }

    /// The answer is out, or never will be.
    func close() {
        state.withLock { $0.close() }
        wakeWaiting()
    }

    /// Made by the first who may have to wait, so that plain requests never pay for it.
    private func pointForWaiting() -> WaitPoint {
        waitPoint.withLock { point in
            if let point { return point }
            let made = WaitPoint()
            point = made
            return made
        }
    }

    private func wakeWaiting() { waitPoint.withLock { $0 }?.signal() }
}
