/// The body of a request, read while it arrives.
package final class HTTPBodyStream: Sendable {
    private let exchange: Exchange

    init(exchange: Exchange) { self.exchange = exchange }

    /// The next piece, never empty, or nil at the end of the body. Waits for it: never call it on the server's thread.
    ///
    /// Throws when the client is gone, or when the body is malformed, too long or too slow. While nobody reads, the
    /// server holds `HTTPLimits.unreadBytesMax` and lets the client wait.
    package func read() throws(HTTPStreamError) -> [UInt8]? { try exchange.read() }
}
