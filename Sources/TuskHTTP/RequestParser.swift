/// Reads requests from bytes as they arrive (RFC 9112 and RFC 9110, strictly); pure, without I/O or clock.
///
/// Feed bytes, then take steps until one needs input. After a head the caller says how long a body it takes. What
/// follows a request stays in the buffer for the next one. A refusal is final: the parser cannot know where the next
/// request would start, so the connection must be closed.
///
/// ```
///        +--------------------- end -----------------------+
///        v                                                 |
///  readingHead --head--> waiting --admitBody--> readingLength | readingChunks
///        |                                                 |
///        +------------------> refused <--------------------+
/// ```
package struct RequestParser: Sendable {
    /// What the bytes so far amount to.
    package enum Step: Sendable {
        /// Nothing more without further bytes.
        case needsInput
        /// A complete head; `admitBody` must be called before the next step.
        case head(RequestHead)
        /// A piece of the body, never empty.
        case body([UInt8])
        /// The request is complete; the next step belongs to the next request.
        case end
        /// The request is refused, and so is everything after it.
        case refused(HTTPRefusal)
    }

    private enum State: Sendable {
        case readingHead
        case waiting(RequestHead.Framing)
        case readingLength(Int)
        case readingChunks
        case refused(HTTPRefusal)
    }

    private let limits: HTTPLimits
    private var state = State.readingHead
    private var head = HeadParser()
    private var chunks = ChunkDecoder()
    private var buffer: [UInt8] = []
    /// First byte of `buffer` that is not used up.
    private var position = 0
    private var bodyBytesMax = 0

    /// A buffer with more room than this is given back when it is empty, so that idle connections stay small.
    private static let keptCapacityMax = 4096

    /// A parser at the start of a connection.
    package init(limits: HTTPLimits) { self.limits = limits }

    /// Bytes that were fed and are not used up.
    package var unusedCount: Int { buffer.count - position }

    /// The method of the request whose head is not complete or was refused, as soon as it is known.
    package var method: HTTPMethod? { head.method }

    /// Whether a request has begun to arrive and its head is not complete.
    package var isInsideHead: Bool {
        guard case .readingHead = state else { return false }
        return unusedCount > 0
    }

    /// Appends bytes that arrived. After a refusal they are dropped.
    package mutating func feed(_ bytes: ArraySlice<UInt8>) {
        if case .refused = state { return }
        if position > 0 {
            buffer.removeSubrange(..<position)
            position = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// Says how long a body the request may have; called once after each head. The result is the refusal of a body
    /// that is known to be longer, which is also the next step.
    @discardableResult
    package mutating func admitBody(bytesMax: Int) -> HTTPRefusal? {
        guard case .waiting(let framing) = state else { preconditionFailure("a body is admitted after its head") }
        bodyBytesMax = bytesMax
        switch framing {
        case .length(let length) where length > bytesMax:
            let refusal = HTTPRefusal(bytesMax == 0 ? .bodyNotAllowed : .bodyTooLarge)
            refuse(refusal)
            return refusal
        case .length(let length): state = .readingLength(length)
        case .chunked:
            chunks = ChunkDecoder()
            state = .readingChunks
        }
        return nil
    }

    /// The next step.
    package mutating func next() -> Step {
        do throws(HTTPRefusal.Reason) {
            switch state {
            case .readingHead: return try readHead()
            case .waiting: preconditionFailure("the body of a request is admitted before the next step")
            case .readingLength(let remaining): return readLength(remaining)
            case .readingChunks: return try readChunks()
            case .refused(let refusal): return .refused(refusal)
            }
        } catch {
            let refusal = HTTPRefusal(error)
            refuse(refusal)
            return .refused(refusal)
        }
    }

    private mutating func readHead() throws(HTTPRefusal.Reason) -> Step {
        guard unusedCount > 0 else { return .needsInput }
        // Taken out while it works, because it reads `buffer` meanwhile.
        var parser = HeadParser()
        swap(&parser, &head)
        defer { swap(&parser, &head) }
        guard let length = try parser.advance(buffer.span.extracting(position...), limits) else { return .needsInput }
        let complete = try parser.finish(Array(buffer[position..<position + length]))
        parser = HeadParser()
        use(length)
        state = .waiting(complete.framing)
        return .head(complete)
    }

    private mutating func readLength(_ remaining: Int) -> Step {
        guard remaining > 0 else { return endRequest() }
        let length = min(remaining, unusedCount)
        guard length > 0 else { return .needsInput }
        let piece = Array(buffer[position..<position + length])
        use(length)
        state = .readingLength(remaining - length)
        return .body(piece)
    }

    private mutating func readChunks() throws(HTTPRefusal.Reason) -> Step {
        guard !chunks.isDone else { return endRequest() }
        var piece: [UInt8] = []
        let end = try chunks.decode(buffer, from: position, bodyBytesMax: bodyBytesMax, limits, into: &piece)
        use(end - position)
        guard piece.isEmpty else { return .body(piece) }
        return chunks.isDone ? endRequest() : .needsInput
    }

    private mutating func endRequest() -> Step {
        state = .readingHead
        return .end
    }

    private mutating func refuse(_ refusal: HTTPRefusal) {
        state = .refused(refusal)
        (buffer, position) = ([], 0)
    }

    /// Moves past `count` bytes, and empties the buffer once nothing is left in it.
    private mutating func use(_ count: Int) {
        position += count
        guard position == buffer.count else { return }
        buffer.removeAll(keepingCapacity: buffer.capacity <= Self.keptCapacityMax)
        position = 0
    }
}
