/// The right and the duty to answer one request, from any thread.
///
/// A responder that is forgotten without an answer answers 500, so no client waits for ever.
package final class HTTPResponder: Sendable {
    private let exchange: Exchange

    /// The body, when the route streams it.
    package let bodyStream: HTTPBodyStream?

    init(exchange: Exchange, streamsBody: Bool) {
        self.exchange = exchange
        bodyStream = streamsBody ? HTTPBodyStream(exchange: exchange) : nil
    }

    deinit { _ = exchange.give(.forgotten) }

    /// Answers. Only the first answer counts; false for any other. Never waits.
    @discardableResult
    package func send(_ response: HTTPResponse) -> Bool { exchange.give(.response(response)) }

    /// Answers many requests at once: the server is woken at most once for all of them.
    package static func send(_ answers: [(HTTPResponder, HTTPResponse)]) {
        Exchange.give(answers.map { ($0.exchange, $1) })
    }

    /// Answers with a body that is written piece by piece. When the request was answered before, every write throws.
    ///
    /// A stream of `text/event-stream` ends as soon as the client closes its side, and when the server drains.
    package func beginStream(status: Int = 200, headers: [(String, String)] = []) -> HTTPStreamWriter {
        let isFirst = exchange.give(.stream(status: status, headers: headers))
        return HTTPStreamWriter(exchange: isFirst ? exchange : nil)
    }

    /// Whether the client has closed its side of the connection or is gone; an answer may still reach it.
    package var hasClientLeft: Bool { exchange.hasClientLeft }
}

/// Why a stream ended before its end.
package enum HTTPStreamError: Error, Sendable, Equatable {
    /// The client is gone, the request was answered, or the server stopped.
    case closed
    /// The client did not take a byte for as long as the writer waits.
    case stalled
    /// The client sent something that is no body, or too much, or too slowly.
    case refused(HTTPRefusal)
}
