/// Where a server listens and what bounds it.
package struct HTTPServerConfiguration: Sendable {
    /// `127.0.0.1:8080` or `[::1]:8080`; port 0 lets the system choose. Names are not resolved.
    package var address: String
    /// The bounds.
    package var limits: HTTPLimits

    /// A server at `address`.
    package init(address: String, limits: HTTPLimits = HTTPLimits()) {
        self.address = address
        self.limits = limits
    }
}

/// One finished request, for metrics and logs.
package struct HTTPObservation: Sendable {
    /// The method; nil when the request was refused before it was known.
    package let method: HTTPMethod?
    /// The pattern of the route; nil when no route was found.
    package let route: String?
    /// The status of the answer; 499 when the connection ended before there was one.
    package let status: Int
    /// From the complete head of the request to the end of the answer; when the head was refused, from its first byte
    /// (for the first request from the connection).
    package let nanoseconds: Int64
    /// Bytes of the body that were received.
    package let bytesReceived: Int
    /// Bytes of the answer, head and framing among them.
    package let bytesSent: Int
    /// Why the server answered instead of a handler; nil for answers of handlers.
    package let refusal: HTTPRefusal.Reason?
}

/// Called on the server's thread after each request; it must not block.
package typealias HTTPObserver = @Sendable (HTTPObservation) -> Void
