/// What the loop and a handler's threads have told each other about one request; pure. `Exchange` is the lock around
/// it.
///
/// ```
/// answer:  none --give--> given --take--> taken; for a stream then  bytes* --finish or abandon--> over
/// body:    piece* --complete or break--> ended
/// ```
struct ExchangeState {
    /// What a handler made of a request.
    enum Answer {
        case response(HTTPResponse)
        case stream(status: Int, headers: [(String, String)])
        /// The responder went away without an answer.
        case forgotten
    }

    /// What the loop has to do for an exchange.
    struct Work {
        var answer: Answer?
        var bytes: [UInt8] = []
        var isFinished = false
        var isAbandoned = false
        /// The reader of the body wants more than it has.
        var wantsBody = false
    }

    /// How a write went.
    enum Write {
        case taken(Int)
        case full
        case closed
    }

    /// How a read went.
    enum Read {
        case piece([UInt8])
        case end
        case broken(HTTPStreamError)
        case empty
    }

    /// The handler runs on the loop, which looks at the exchange by itself afterwards.
    private var isHandling = true
    /// The loop has been told to look and has not looked yet.
    private var isPosted = false
    /// The loop cannot take bytes now and looks again once it can.
    private var isSendingPaused = false
    private(set) var isAnswered = false
    /// Nothing that is said from now on reaches the client.
    private(set) var isOver = false
    /// The client has closed its side; the answer may still reach it.
    private(set) var hasClientLeft = false

    private var answer: Answer?
    private var unsent: [UInt8] = []
    private var isFinished = false
    private var isAbandoned = false

    private var unread: [UInt8] = []
    private var bodyEnd: Read?
    /// The loop reads nothing more of the body before it is asked.
    private var isBodyPaused: Bool
    private var wantsBody = false

    /// `isBodyPaused` when the client itself waits until somebody wants the body.
    init(isBodyPaused: Bool) { self.isBodyPaused = isBodyPaused }

    /// True when the loop must be told to look; it is then taken to have been told.
    private mutating func mustPost() -> Bool {
        guard !isHandling, !isPosted, !isOver else { return false }
        isPosted = true
        return true
    }

    // What handlers say; the Bool is whether to tell the loop.

    /// Gives the answer; only the first counts.
    mutating func give(_ answer: Answer) -> (isFirst: Bool, post: Bool) {
        guard !isAnswered else { return (false, false) }
        isAnswered = true
        self.answer = answer
        return (true, mustPost())
    }

    /// Adds bytes to a stream, as many as there is room for.
    mutating func write(_ bytes: ArraySlice<UInt8>, unsentBytesMax: Int) -> (Write, post: Bool) {
        guard !isOver, !isFinished else { return (.closed, false) }
        guard !bytes.isEmpty else { return (.taken(0), false) }
        let count = min(bytes.count, unsentBytesMax - unsent.count)
        guard count > 0 else { return (.full, false) }
        unsent.append(contentsOf: bytes.prefix(count))
        return (.taken(count), isSendingPaused ? false : mustPost())
    }

    /// Adds all bytes to a stream, or none when there is no room for all; an empty stream has room for anything.
    mutating func offer(_ bytes: ArraySlice<UInt8>, unsentBytesMax: Int) -> (Write, post: Bool) {
        guard unsent.isEmpty || isOver || bytes.count <= unsentBytesMax - unsent.count else { return (.full, false) }
        return write(bytes, unsentBytesMax: max(unsentBytesMax, bytes.count))
    }

    /// Ends a stream, whole or not.
    mutating func finish(isWhole: Bool) -> Bool {
        guard !isFinished else { return false }
        isFinished = true
        isAbandoned = !isWhole
        return mustPost()
    }

    /// Takes what has arrived of the body.
    mutating func read() -> (Read, post: Bool) {
        guard unread.isEmpty else {
            let piece = unread
            unread = []
            return (.piece(piece), askForBody())
        }
        if let bodyEnd { return (bodyEnd, false) }
        return isOver ? (.broken(.closed), false) : (.empty, askForBody())
    }

    private mutating func askForBody() -> Bool {
        guard isBodyPaused, bodyEnd == nil, !wantsBody else { return false }
        wantsBody = true
        return mustPost()
    }

    // What the loop says

    /// The handler has returned.
    mutating func endHandling() { isHandling = false }

    /// Takes what is to be done; bytes only when `takesBytes`.
    mutating func take(takesBytes: Bool) -> Work {
        isPosted = false
        isSendingPaused = !takesBytes
        var work = Work(answer: answer, wantsBody: wantsBody)
        answer = nil
        if wantsBody { (wantsBody, isBodyPaused) = (false, false) }
        if takesBytes {
            swap(&work.bytes, &unsent)
            (work.isFinished, work.isAbandoned) = (isFinished, isAbandoned)
        }
        return work
    }

    /// Adds a piece of the body; true when the reader has enough for now.
    mutating func deliver(_ piece: [UInt8], unreadBytesMax: Int) -> Bool {
        if unread.isEmpty { unread = piece } else { unread.append(contentsOf: piece) }
        isBodyPaused = unread.count >= unreadBytesMax
        return isBodyPaused
    }

    /// The body is complete, or will never be.
    mutating func endBody(_ error: HTTPStreamError?) {
        guard bodyEnd == nil else { return }
        bodyEnd = error.map { .broken($0) } ?? .end
    }

    /// The client has closed its side.
    mutating func noteClientLeft() { hasClientLeft = true }

    /// The answer is out, or never will be.
    mutating func close() {
        isOver = true
        (unsent, answer) = ([], nil)
    }
}
