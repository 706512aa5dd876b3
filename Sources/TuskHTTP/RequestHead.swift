/// A request line and its header fields, checked: what a request says before its body.
package struct RequestHead: Sendable {
    /// How the end of the body is known (RFC 9112, 6.3).
    package enum Framing: Sendable, Hashable {
        /// Content-Length, 0 when there is no body.
        case length(Int)
        /// Transfer-Encoding: chunked.
        case chunked
    }

    /// The method.
    package let method: HTTPMethod
    /// Whether the version is HTTP/1.0, which knows neither chunks nor connections that stay.
    package let isVersion10: Bool
    /// Whether the connection may be used again after this request.
    package let keepsConnection: Bool
    /// Whether the client waits for `100 Continue` before it sends the body.
    package let expectsContinue: Bool
    /// How the end of the body is known.
    package let framing: Framing
    /// The parameters of the target.
    package let query: HTTPQuery
    /// The header fields.
    package let headers: HTTPHeaders
    /// Whether the target is `*`, which only OPTIONS has.
    package let isAsterisk: Bool

    let targetRange: Range<Int>
    let pathRange: Range<Int>
    let decodedPath: [UInt8]?

    /// The decoded path as bytes.
    package var pathBytes: ArraySlice<UInt8> { decodedPath?[...] ?? headers.bytes[pathRange] }

    /// Whether a body follows, so far as the header fields say.
    package var hasBody: Bool { framing != .length(0) }
}
