import Tusk

/// A file of another server that is imported as it comes. One thread at a time.
///
/// It is the bytes that count: a compression is found in them, whatever `Content-Encoding` says. An answer whose end
/// could not be told from a cut is refused. A place behind the start is asked for with `Range` and `If-Range` when the
/// server has said what the state it sends can be known by.
final class WebSource: InputSource {
    /// What is asked for.
    struct Request: Sendable {
        let url: String
        let headers: [(name: String, value: String)]
        /// Longer files are refused.
        let bytesMax: Int
        /// For one attempt.
        let timeout: Duration
    }

    /// Names for bytes that are told by their content. Source: RFC 9110, 8.4.1; RFC 8878, 7.2.
    private static let codings: Set = ["", "identity", "gzip", "x-gzip", "zstd"]
    /// The longest date that is kept.
    private static let dateBytesMax = 64
    /// How old a change must be by the server's clock, so that its date cannot stand for another one: 60 seconds.
    private static let ageSecondsMin = 60

    let isRemote = true
    private(set) var length: Int?
    private(set) var version: SourceVersion?
    private let client: HTTPClient
    private let request: Request
    private let endsAt: ContinuousClock.Instant
    private let shouldStop: () -> Bool
    private var stream: HTTPStream?
    private var position = 0
    private var takesRanges = true

    /// Nothing is asked for before the first read. `timeLeft`: at most so much time is taken from now on.
    init(_ request: Request, _ client: HTTPClient, timeLeft: Duration, shouldStop: @escaping () -> Bool) {
        self.request = request
        self.client = client
        self.shouldStop = shouldStop
        endsAt = .now + min(request.timeout, timeLeft)
    }

    func expect(_ version: SourceVersion) { self.version = version }

    func read(into buffer: inout [UInt8], _ part: Range<Int>) throws(TaskFailure) -> Int {
        let open: HTTPStream
        if let stream { open = stream } else { open = try ask() }
        let count = try open.read(into: &buffer, part)
        position += count
        guard position <= request.bytesMax else { throw tooLong }
        return count
    }

    func rewind() {
        guard position > 0 else { return }
        (stream, position) = (nil, 0)
    }

    func jump(to offset: Int) throws(TaskFailure) -> Int? {
        guard takesRanges, let validator = version?.validator, 0 < offset, offset < length ?? .max else { return nil }
        // One connection at a time.
        stream = nil
        _ = try ask(from: offset, ifStill: validator)
        return position
    }

    /// Asks for the file, from a place if it is still the same and the server can do that.
    private func ask(from offset: Int = 0, ifStill validator: String = "") throws(TaskFailure) -> HTTPStream {
        var call = HTTPCall(url: request.url, timeout: ContinuousClock.now.duration(to: endsAt))
        call.headers = request.headers + [("Accept-Encoding", "identity")]
        if offset > 0 { call.headers += [("Range", "bytes=\(offset)-"), ("If-Range", validator)] }
        let stream = try client.stream(call, shouldStop: shouldStop)
        let head = try stream.head()
        switch head.status {
        case 200: position = 0
        case 206 where offset > 0 && head.isPart(from: offset): position = offset
        case 416 where offset > 0: throw Self.changed
        default: throw HTTPAnswers.failure(head)
        }
        try check(head)
        self.stream = stream
        return stream
    }

    private func check(_ head: HTTPHead) throws(TaskFailure) {
        let coding = head.value("content-encoding")?.lowercased() ?? ""
        guard Self.codings.contains(coding) else {
            throw .refused("the server sends the file as \(coding.prefix(20)), which nobody has asked for")
        }
        length = head.fileLength
        let isChunked = head.value("transfer-encoding")?.lowercased().hasSuffix("chunked") == true
        guard isChunked || head.value("content-length") != nil else {
            throw .refused("the server does not say where the file ends, so that nobody could see a part missing")
        }
        if let length, length > request.bytesMax { throw tooLong }
        takesRanges = head.value("accept-ranges") != "none"
        let found = SourceVersion(tag: head.strongTag, modified: Self.modified(head), length: length)
        guard version?.agrees(with: found) != false else { throw Self.changed }
        version = SourceVersion(
            tag: found.tag ?? version?.tag,
            modified: found.modified ?? version?.modified,
            length: length ?? version?.length
        )
    }

    /// When the file was changed last, if that is long enough ago: what changes twice within a second has one date.
    /// Source: RFC 9110, 8.8.2.2.
    private static func modified(_ head: HTTPHead) -> String? {
        guard let text = head.value("last-modified"), text.utf8.count <= dateBytesMax,
            let changed = HTTPAnswers.seconds(of: text), let now = head.value("date").flatMap(HTTPAnswers.seconds),
            now - changed >= ageSecondsMin
        else { return nil }
        return text
    }

    private var tooLong: TaskFailure { .refused("the file is longer than \(request.bytesMax) bytes") }

    private static let changed = TaskFailure.refused(
        "the file has changed since the attempt before, whose rows are in the table up to there"
    )
}
