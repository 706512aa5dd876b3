import TuskHTTP

/// Keeps web pages away from an API that asks for no credentials.
///
/// Such an API listens on loopback only, but a browser on the same machine runs pages from anywhere. They can send
/// simple requests to any address, and make their own name resolve to it. With credentials none of this matters,
/// because a page cannot get at the token.
enum BrowserGuard {
    static func refusal(of request: HTTPRequest) -> Problem? {
        guard let host = request.headers["Host"], isLocal(host) else {
            return foreignName
        }
        switch request.method {
        case .get, .head, .options: return nil
        case .post, .put, .patch, .delete: break
        }
        if let site = request.headers["Sec-Fetch-Site"], site != "same-origin", site != "none" { return foreign }
        if let origin = request.headers["Origin"], origin != "http://\(host)" { return foreign }
        return nil
    }

    private static let foreignName = Problem(
        .crossOrigin,
        "Without credentials this server answers only to localhost and loopback addresses."
    )
    private static let foreign = Problem(
        .crossOrigin,
        "Without credentials this server takes no changes from pages of other origins."
    )

    /// Whether a `Host` field names this machine without a resolver that others may have a hand in.
    static func isLocal(_ host: String) -> Bool {
        var name = host.lowercased()[...]
        if let colon = name.lastIndex(of: ":"), !name[colon...].contains("]") { name = name[..<colon] }
        return name == "localhost" || IPAddress(name)?.isLoopback == true
    }

    /// Whether a request was made on this machine: not by a page whose name somebody made resolve to it, and not by
    /// somebody far away through a proxy that runs on it. A proxy that adds none of these fields cannot be told apart.
    static func isFromThisMachine(_ request: HTTPRequest) -> Bool {
        guard request.isLoopback, let host = request.headers["Host"], isLocal(host) else { return false }
        return proxyFields.allSatisfy { request.headers[$0] == nil }
    }

    private static let proxyFields = [
        "Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP",
    ]
}
