/// The methods a route may have.
///
/// `TRACE` and `CONNECT` are absent on purpose: the one reflects credentials, the other makes a proxy.
package enum HTTPMethod: String, Sendable, Hashable, CaseIterable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
    case options = "OPTIONS"

    /// The method that `bytes[range]` spell, in exactly this case; nil for any other.
    init?(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        // Most requests are one of these two, and comparing all seven costs more than the rest of the line.
        if Bytes.equal(bytes, range, "GET") {
            self = .get
        } else if Bytes.equal(bytes, range, "POST") {
            self = .post
        } else if let other = Self.allCases.first(where: { Bytes.equal(bytes, range, $0.rawValue) }) {
            self = other
        } else {
            return nil
        }
    }
}
