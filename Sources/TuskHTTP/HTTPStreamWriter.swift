/// Writes the body of an answer piece by piece.
///
/// One thread writes at a time. A writer that is forgotten before `finish` breaks the connection, so that the client
/// does not take half an answer for a whole one.
package final class HTTPStreamWriter: Sendable {
    private let exchange: Exchange?

    init(exchange: Exchange?) { self.exchange = exchange }

    deinit { exchange?.finish(isWhole: false) }

    /// Writes, and waits while the client takes nothing and `HTTPLimits.unsentBytesMax` is reached: never call it on
    /// the server's thread. Throws `.stalled` when nothing was taken for `timeout`, which defaults to
    /// `HTTPLimits.writeTimeout`.
    package func write(_ bytes: [UInt8], timeout: Duration? = nil) throws(HTTPStreamError) {
        guard let exchange else { throw .closed }
        try exchange.write(bytes, timeout: timeout)
    }

    /// Writes all of `bytes` or, when there is no room for them now, nothing; false then. For one thread that feeds
    /// many clients. Throws when the client is gone.
    package func offer(_ bytes: [UInt8]) throws(HTTPStreamError) -> Bool {
        guard let exchange else { throw .closed }
        return try exchange.offer(bytes)
    }

    /// Writes one event of an event stream.
    package func write(_ event: ServerSentEvent, timeout: Duration? = nil) throws(HTTPStreamError) {
        try write(event.bytes, timeout: timeout)
    }

    /// Ends the body. Further writes throw.
    package func finish() { exchange?.finish(isWhole: true) }

    /// Whether no write reaches the client any more.
    package var isClosed: Bool { exchange?.isOver ?? true }
}

/// One event of a `text/event-stream` (HTML standard, 9.2).
package struct ServerSentEvent: Sendable {
    /// The event as it is sent.
    package let bytes: [UInt8]

    /// An event with data; line ends in `id` and `name` would start other fields and are left out.
    package init(data: String, name: String? = nil, id: String? = nil) {
        var text = ""
        if let id { text += "id: \(Self.oneLine(id))\n" }
        if let name { text += "event: \(Self.oneLine(name))\n" }
        // Other line separators of Unicode end no line here, and may stand within a JSON string.
        let isLineEnd: (Character) -> Bool = { ["\n", "\r", "\r\n"].contains($0) }
        for line in data.split(omittingEmptySubsequences: false, whereSeparator: isLineEnd) {
            text += "data: \(line)\n"
        }
        bytes = Array((text + "\n").utf8)
    }

    /// Tells the client how long to wait before it connects again.
    package init(retryMilliseconds: Int) { bytes = Array("retry: \(retryMilliseconds)\n\n".utf8) }

    private init(comment: String) { bytes = Array(": \(comment)\n\n".utf8) }

    /// A comment, which keeps the connection from looking idle and finds out whether the client is there.
    package static let keepAlive = ServerSentEvent(comment: "keep-alive")

    private static func oneLine(_ text: String) -> String { text.filter { !$0.isNewline && $0 != "\0" } }
}
