extension EventLoop {
    /// Takes what the socket has.
    func receive(_ connection: Connection) {
        switch connection.socket.receive(into: &landing) {
        case .bytes(0): endInput(connection)
        case .bytes(let count) where connection.phase == .lingering:
            connection.lingeredCount += count
            if connection.lingeredCount > limits.lingerBytesMax { close(connection) }
        case .bytes(let count):
            // The clock of a head starts with its first byte.
            if connection.phase == .receiving, !connection.isInsideHead { connection.receivingSince = now }
            connection.parser.feed(landing[..<count])
            advance(connection)
        case .wouldBlock: break
        case .broken: breakOff(connection)
        }
    }

    /// Does everything that the bytes received so far allow: requests are answered in their order, one at a time.
    func advance(_ connection: Connection) {
        steps: while mayStep(connection) {
            switch connection.parser.next() {
            case .needsInput: break steps
            case .head(let head): begin(connection, head)
            case .body(let piece): takeBody(connection, piece)
            case .end: endBody(connection)
            case .refused(let refusal): refuse(connection, refusal)
            }
        }
        connection.isHeldBack = connection.phase == .receiving && connection.unsentCount >= limits.unsentBytesMax
        let isLast = connection.phase == .receiving && connection.hasPeerFinished && !connection.isHeldBack
        if isLast { connection.phase = .flushing }
        markUnflushed(connection)
    }

    private func mayStep(_ connection: Connection) -> Bool {
        switch connection.phase {
        case .receiving: connection.unsentCount < limits.unsentBytesMax
        case .exchanging: connection.current.map { !$0.isBodyComplete && !$0.isBodyPaused } ?? false
        case .flushing, .lingering, .closed: false
        }
    }

    /// The client has closed its side: what it has asked for completely is still answered.
    private func endInput(_ connection: Connection) {
        connection.hasPeerFinished = true
        switch connection.phase {
        case .receiving:
            advance(connection)
            return
        case .exchanging:
            connection.exchange?.noteClientLeft()
            let isEndless = connection.current?.stream?.isEndless == true
            guard connection.current?.isBodyComplete == true, !isEndless else {
                breakOff(connection)
                return
            }
        case .flushing: break
        case .lingering, .closed:
            close(connection)
            return
        }
        markUnflushed(connection)
    }

    // One request

    private func begin(_ connection: Connection, _ head: RequestHead) {
        connection.isFresh = false
        let startedAt = Moment.now()
        guard !head.isAsterisk else {
            answerBuiltIn(connection, head, startedAt, HTTPResponse.allowing(HTTPMethod.allCases), nil)
            return
        }
        switch router.find(head.method, head.pathBytes) {
        case .route(let match): begin(connection, head, startedAt, match)
        case .methodNotAllowed(let methods) where head.method == .options:
            answerBuiltIn(connection, head, startedAt, HTTPResponse.allowing(methods), nil)
        case .methodNotAllowed(let methods):
            var response = errorResponse(HTTPRefusal(.methodNotAllowed))
            response.headers.append(("Allow", HTTPResponse.list(methods)))
            answerBuiltIn(connection, head, startedAt, response, .methodNotAllowed)
        case .notFound:
            let refusal = HTTPRefusal(.notFound, accept: head.headers["Accept"])
            answerBuiltIn(connection, head, startedAt, errorResponse(refusal), .notFound)
        }
    }

    /// Answers without a handler. A body that follows is not waited for; the connection ends instead.
    private func answerBuiltIn(
        _ connection: Connection,
        _ head: RequestHead,
        _ startedAt: Int64,
        _ response: HTTPResponse,
        _ reason: HTTPRefusal.Reason?
    ) {
        var keeps = head.keepsConnection && !head.hasBody
        if keeps {
            connection.parser.admitBody(bytesMax: 0)
            guard case .end = connection.parser.next() else {
                preconditionFailure("a request without body is complete")
            }
            keeps = !isDraining
        }
        let count = appendResponse(connection, response, isHead: head.method == .head, closes: !keeps)
        observe(
            method: head.method,
            status: response.status,
            startedAt: startedAt,
            bytesSent: count,
            reason: reason
        )
        connection.phase = keeps ? .receiving : .flushing
        connection.receivingSince = now
    }

    private func begin(_ connection: Connection, _ head: RequestHead, _ startedAt: Int64, _ match: RouteMatch) {
        let refusal = connection.parser.admitBody(bytesMax: match.body.bytesMax)
        connection.phase = .exchanging
        let hasBody = head.hasBody
        var current = Connection.Current(
            head: head,
            match: match,
            startedAt: startedAt,
            owesContinue: head.expectsContinue && hasBody && connection.parser.unusedCount == 0,
            bodyClock: StallClock()
        )
        if let refusal {
            connection.current = current
            refuse(connection, refusal)
            return
        }
        guard hasBody else {
            guard case .end = connection.parser.next() else {
                preconditionFailure("a request without body is complete")
            }
            current.isBodyComplete = true
            connection.current = current
            call(connection, body: [])
            return
        }
        current.bodyClock.start(now)
        if match.body.isStreamed {
            if current.owesContinue { current.bodyClock.pause(now) }
            connection.current = current
            call(connection, body: [])
        } else {
            connection.current = current
            if current.owesContinue { sendContinue(connection) }
        }
    }

    private func takeBody(_ connection: Connection, _ piece: [UInt8]) {
        // Client bytes end the wait for 100 Continue (RFC 9110, 10.1.1).
        connection.current?.owesContinue = false
        connection.current?.bodyCount += piece.count
        connection.current?.bodyClock.resume(now)
        connection.current?.bodyClock.add(piece.count, now)
        guard let current = connection.current else { return }
        guard current.match.body.isStreamed else {
            appendBody(connection, piece)
            return
        }
        if connection.exchange?.deliver(piece) == true {
            connection.current?.isBodyPaused = true
            connection.current?.bodyClock.pause(now)
        }
    }

    private func appendBody(_ connection: Connection, _ piece: [UInt8]) {
        let share = connection.current?.bodyShare ?? BodyShare(of: bodyBudget)
        connection.current?.bodyShare = share
        guard share.grow(by: piece.count) else {
            refuse(connection, HTTPRefusal(.overloaded))
            return
        }
        if connection.current?.body.isEmpty == true {
            connection.current?.body = piece
        } else {
            connection.current?.body.append(contentsOf: piece)
        }
    }

    private func endBody(_ connection: Connection) {
        guard let current = connection.current else { return }
        connection.current?.isBodyComplete = true
        connection.current?.bodyClock.stop()
        connection.current?.owesContinue = false
        if current.match.body.isStreamed {
            connection.exchange?.endBody()
        } else {
            connection.current?.body = []
            call(connection, body: current.body)
        }
    }

    private func call(_ connection: Connection, body: [UInt8]) {
        guard let current = connection.current else { return }
        let exchange = Exchange(
            connection: connection.token,
            mailbox: mailbox,
            limits: streamLimits,
            isBodyPaused: current.owesContinue
        )
        connection.exchange = exchange
        let streamsBody = current.match.body.isStreamed
        if streamsBody, current.isBodyComplete { exchange.endBody() }
        connection.current?.bodyShare = nil
        let request = HTTPRequest(
            head: current.head,
            route: current.match,
            body: body,
            share: current.bodyShare,
            peer: connection.peer
        )
        current.match.handler(request, HTTPResponder(exchange: exchange, streamsBody: streamsBody))
        exchange.endHandling()
        takeWork(connection)
    }

    /// Lets the client send a body it holds back.
    func sendContinue(_ connection: Connection) {
        connection.current?.owesContinue = false
        connection.current?.bodyClock.resume(now)
        connection.out.append(contentsOf: "HTTP/1.1 100 Continue\r\n\r\n".utf8)
        markUnflushed(connection)
    }

    /// Answers a refusal and ends the connection. What a handler says about the request from now on goes nowhere; an
    /// answer that has begun is cut off.
    func refuse(_ connection: Connection, _ refusal: HTTPRefusal) {
        connection.exchange?.endBody(.refused(refusal))
        guard connection.current?.stream == nil else {
            breakOff(connection, refusal.reason)
            return
        }
        connection.exchange?.close()
        connection.exchange = nil
        var current = connection.current
        connection.current = nil
        connection.phase = .flushing
        let method = current?.head.method ?? connection.parser.method
        var response = errorResponse(refusal)
        if refusal.reason == .methodNotAllowed {
            // The target was not looked at, so these are the methods of the server: RFC 9110, 15.5.6 needs a list.
            response.headers.append(("Allow", HTTPResponse.list(HTTPMethod.allCases)))
        }
        let count = appendResponse(connection, response, isHead: method == .head, closes: true)
        current?.bytesSent += count
        if let current {
            observe(current, status: response.status, reason: refusal.reason)
        } else {
            observe(
                method: method,
                status: response.status,
                startedAt: connection.receivingSince,
                bytesSent: count,
                reason: refusal.reason
            )
        }
        markUnflushed(connection)
    }
}

extension HTTPResponse {
    /// The answer to OPTIONS.
    static func allowing(_ methods: [HTTPMethod]) -> HTTPResponse {
        HTTPResponse(status: 204, headers: [("Allow", list(methods))])
    }

    /// Methods as `Allow` lists them.
    static func list(_ methods: [HTTPMethod]) -> String { methods.map(\.rawValue).joined(separator: ", ") }
}
