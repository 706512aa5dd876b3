extension EventLoop {
    // Word from handlers

    /// Looks at what another thread said about a request.
    func answer(_ exchange: Exchange) {
        guard let connection = connections[exchange.connection], connection.exchange === exchange else { return }
        takeWork(connection)
        advance(connection)
    }

    /// Does what the handler of the current request has asked for.
    func takeWork(_ connection: Connection) {
        guard let exchange = connection.exchange else { return }
        let work = exchange.take(takesBytes: connection.unsentCount == 0)
        if work.wantsBody {
            connection.current?.isBodyPaused = false
            connection.current?.bodyClock.resume(now)
            if connection.current?.owesContinue == true { sendContinue(connection) }
        }
        switch work.answer {
        case .response(let response): finish(connection, with: response)
        case .stream(let status, let headers): begin(connection, streamWith: status, headers)
        case .forgotten: finish(connection, with: errorResponse(HTTPRefusal(.internalError)), reason: .internalError)
        case nil: break
        }
        guard connection.current?.stream != nil else { return }
        appendStream(connection, work)
    }

    // Whole answers

    private func finish(_ connection: Connection, with response: HTTPResponse, reason: HTTPRefusal.Reason? = nil) {
        guard let current = connection.current else { return }
        let keeps = current.head.keepsConnection && current.isBodyComplete && !response.closesConnection && !isDraining
        let count = appendResponse(connection, response, isHead: current.head.method == .head, closes: !keeps)
        connection.current?.bytesSent += count
        endExchange(connection, status: response.status, keeps: keeps, reason: reason)
    }

    /// Appends an answer to what is to be sent, and returns its length. One that cannot be written becomes a 500.
    func appendResponse(_ connection: Connection, _ response: HTTPResponse, isHead: Bool, closes: Bool) -> Int {
        let start = connection.out.count
        let hasNoBody = HTTPStatus.hasNoBody(response.status)
        let isWritten = encoder.appendHead(
            status: response.status,
            headers: response.headers,
            framing: hasNoBody ? .none : .length(response.body.count),
            closes: closes,
            to: &connection.out
        )
        guard isWritten else {
            let failure = HTTPResponse.plain(HTTPRefusal(.internalError))
            return appendResponse(connection, failure, isHead: isHead, closes: closes)
        }
        if !isHead, !hasNoBody { connection.out.append(contentsOf: response.body) }
        return connection.out.count - start
    }

    /// The answer is complete: the connection goes on to the next request, or ends.
    private func endExchange(_ connection: Connection, status: Int, keeps: Bool, reason: HTTPRefusal.Reason?) {
        guard let current = connection.current else { return }
        connection.exchange?.close()
        connection.exchange = nil
        connection.current = nil
        connection.phase = keeps ? .receiving : .flushing
        connection.receivingSince = now
        observe(current, status: status, reason: reason)
    }

    // Streams

    private func begin(_ connection: Connection, streamWith status: Int, _ headers: [(String, String)]) {
        guard let current = connection.current else { return }
        let head = current.head
        let keeps = head.keepsConnection && !isDraining
        let hasBody = head.method != .head && !HTTPStatus.hasNoBody(status)
        // Nothing but the answer may follow its head, so a reader that comes later finds the body already asked for.
        if hasBody, current.owesContinue { sendContinue(connection) }
        let framing: ResponseEncoder.Framing = head.isVersion10 ? .close : .chunked
        let start = connection.out.count
        guard
            encoder.appendHead(
                status: status,
                headers: headers,
                framing: HTTPStatus.hasNoBody(status) ? .none : framing,
                closes: !keeps,
                to: &connection.out
            )
        else {
            finish(connection, with: errorResponse(HTTPRefusal(.internalError)), reason: .internalError)
            return
        }
        connection.current?.bytesSent += connection.out.count - start
        guard hasBody else {
            endExchange(connection, status: status, keeps: keeps && current.isBodyComplete, reason: nil)
            return
        }
        let isEndless = headers.contains {
            $0.0.lowercased() == "content-type" && $0.1.utf8.starts(with: "text/event-stream".utf8)
        }
        connection.current?.stream = Connection.Stream(
            status: status,
            isChunked: !head.isVersion10,
            isEndless: isEndless,
            keepsConnection: keeps
        )
        if isEndless, isDraining || connection.hasPeerFinished { endStream(connection) }
    }

    private func appendStream(_ connection: Connection, _ work: ExchangeState.Work) {
        guard let stream = connection.current?.stream else { return }
        let start = connection.out.count
        if !work.bytes.isEmpty {
            if stream.isChunked {
                ResponseEncoder.appendChunk(work.bytes, to: &connection.out)
            } else {
                connection.out.append(contentsOf: work.bytes)
            }
            connection.current?.bytesSent += connection.out.count - start
        }
        if work.isAbandoned {
            breakOff(connection)
        } else if work.isFinished {
            endStream(connection)
        }
    }

    /// Ends the stream as a whole one.
    func endStream(_ connection: Connection) {
        guard let current = connection.current, let stream = current.stream else { return }
        if stream.isChunked { ResponseEncoder.appendLastChunk(to: &connection.out) }
        let keeps = stream.keepsConnection && current.isBodyComplete && !isDraining
        endExchange(connection, status: stream.status, keeps: keeps, reason: nil)
        markUnflushed(connection)
    }

    // Sending

    /// Puts the connection on the list of the current round: everything it has to say leaves in one write.
    func markUnflushed(_ connection: Connection) {
        guard connection.phase != .closed, !connection.isUnflushed else { return }
        connection.isUnflushed = true
        unflushed.append(connection)
    }

    /// Sends what the round has gathered.
    func flushAll() {
        while !unflushed.isEmpty {
            let round = unflushed
            unflushed.removeAll(keepingCapacity: true)
            for connection in round {
                connection.isUnflushed = false
                flush(connection)
            }
        }
    }

    /// The socket takes bytes again.
    func resumeSending(_ connection: Connection) { markUnflushed(connection) }

    private func flush(_ connection: Connection) {
        while connection.unsentCount > 0, connection.phase != .closed {
            switch connection.socket.send(connection.out, from: connection.sentCount) {
            case .bytes(let count):
                connection.sentCount += count
                connection.writeClock.start(now)
                connection.writeClock.add(count, now)
            case .wouldBlock:
                connection.writeClock.start(now)
                rearm(connection)
                return
            case .broken: breakOff(connection)
            }
        }
        guard connection.phase != .closed else { return }
        endOutput(connection)
        rearm(connection)
    }

    /// Everything is sent: more of a stream, the next pipelined request, or the end.
    private func endOutput(_ connection: Connection) {
        connection.writeClock.stop()
        connection.sentCount = 0
        connection.out.removeAll(keepingCapacity: connection.out.capacity <= Connection.keptCapacityMax)
        switch connection.phase {
        case .exchanging:
            guard connection.current?.stream != nil else { return }
            takeWork(connection)
            if connection.unsentCount > 0 || connection.phase != .exchanging { advance(connection) }
        case .receiving: if connection.isHeldBack { advance(connection) }
        case .flushing: finish(connection)
        case .lingering, .closed: break
        }
    }

    // Ends

    /// Ends a connection that has nothing more to send.
    func finish(_ connection: Connection) {
        guard connection.unsentCount == 0 else {
            connection.phase = .flushing
            return
        }
        guard !connection.hasPeerFinished else {
            close(connection)
            return
        }
        connection.socket.finishSending()
        connection.phase = .lingering
        connection.lingeringSince = now
        rearm(connection)
    }

    /// Ends a connection in the middle of a request or an answer; the client sees that it is incomplete. `reason` is
    /// what the client did wrong, when it is not just gone.
    func breakOff(_ connection: Connection, _ reason: HTTPRefusal.Reason? = nil) {
        if let current = connection.current {
            connection.exchange?.endBody(.closed)
            endExchange(connection, status: current.stream?.status ?? 499, keeps: false, reason: reason)
        }
        close(connection)
    }

    /// Forgets a connection; its socket is closed with it.
    func close(_ connection: Connection) {
        guard connection.phase != .closed else { return }
        connection.exchange?.close()
        connection.exchange = nil
        connection.current = nil
        connection.phase = .closed
        poller.remove(connection.socket.descriptor)
        connections.remove(connection)
        gauge.value = connections.count
        acceptor.release(connection.peer.origin)
    }

    // Observing

    /// Reports a request whose head was complete.
    func observe(_ current: Connection.Current, status: Int, reason: HTTPRefusal.Reason?) {
        observer?(
            HTTPObservation(
                method: current.head.method,
                route: current.match.template,
                status: status,
                nanoseconds: Moment.now() - current.startedAt,
                bytesReceived: current.bodyCount,
                bytesSent: current.bytesSent,
                refusal: reason
            )
        )
    }

    /// Reports a request that found no route.
    func observe(
        method: HTTPMethod?,
        status: Int,
        startedAt: Int64,
        bytesSent: Int,
        reason: HTTPRefusal.Reason?
    ) {
        observer?(
            HTTPObservation(
                method: method,
                route: nil,
                status: status,
                nanoseconds: Moment.now() - startedAt,
                bytesReceived: 0,
                bytesSent: bytesSent,
                refusal: reason
            )
        )
    }
}
