/// A whole answer.
///
/// `Date`, `Content-Length`, `Transfer-Encoding` and `Connection` are the server's; fields of these names are left
/// out. A name that is no token or a value with a control byte in it turns the answer into a 500.
package struct HTTPResponse: Sendable {
    /// The status, 200...599.
    package var status: Int
    /// The header fields in their order.
    package var headers: [(String, String)]
    /// The body, sent as it is; 204 and 304 have none.
    package var body: [UInt8]
    /// Whether the connection ends with this answer. Defaults to false.
    package var closesConnection = false

    /// An answer with these parts.
    package init(status: Int, headers: [(String, String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
