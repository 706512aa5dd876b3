/// A request as its handler sees it: checked, decoded and, unless its route streams, complete.
package struct HTTPRequest: Sendable {
    /// The method; a GET route also gets HEAD requests, whose answers lose their body on the way out.
    package let method: HTTPMethod
    /// The pattern of the route, for metrics.
    package let route: String
    /// What the braces of the pattern stand for.
    package let parameters: [String: String]
    /// The parameters of the query.
    package let query: HTTPQuery
    /// The header fields.
    package let headers: HTTPHeaders
    /// The body; empty when the route takes none or streams it.
    package let body: [UInt8]
    /// The address of the other end of the connection, without its port.
    package let remoteAddress: String
    /// Whether the other end is on this machine.
    package let isLoopback: Bool

    /// Counts the body as held for as long as anybody has the request.
    private let share: BodyShare?
    private let pathBytes: ArraySlice<UInt8>
    private let targetBytes: ArraySlice<UInt8>

    /// The decoded path.
    package var path: String { String(decoding: pathBytes, as: UTF8.self) }

    /// The target as it came.
    package var target: String { String(decoding: targetBytes, as: UTF8.self) }

    /// A request that did not come from a socket, for tests of handlers.
    package init(
        method: HTTPMethod,
        path: String,
        route: String? = nil,
        parameters: [String: String] = [:],
        query: HTTPQuery = HTTPQuery(),
        headers: HTTPHeaders = HTTPHeaders(),
        body: [UInt8] = [],
        remoteAddress: String = "127.0.0.1",
        isLoopback: Bool = true
    ) {
        self.method = method
        self.route = route ?? path
        self.parameters = parameters
        self.query = query
        self.headers = headers
        self.body = body
        self.remoteAddress = remoteAddress
        self.isLoopback = isLoopback
        share = nil
        self.pathBytes = Array(path.utf8)[...]
        self.targetBytes = pathBytes
    }

    init(head: RequestHead, route: RouteMatch, body: [UInt8], share: BodyShare?, peer: PeerAddress) {
        method = head.method
        self.route = route.template
        parameters = route.parameters
        query = head.query
        headers = head.headers
        self.body = body
        self.share = share
        remoteAddress = peer.text
        isLoopback = peer.isLoopback
        pathBytes = head.pathBytes
        targetBytes = head.headers.bytes[head.targetRange]
    }
}
