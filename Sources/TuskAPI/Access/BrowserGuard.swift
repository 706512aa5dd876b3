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
        return name == "localhost" || ListenAddress.isLoopback(name)
    }
}

/// Addresses as they are configured: `127.0.0.1:8080`, `[::1]:8080`.
enum ListenAddress {
    /// Whether a host is in 127.0.0.0/8 or is `[::1]`. Names are never: they resolve to what somebody else says.
    static func isLoopback(_ host: Substring) -> Bool {
        if host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts.allSatisfy(isOctet) else { return false }
        return parts[0] == "127"
    }

    private static func isOctet(_ text: Substring) -> Bool {
        let isNumber = (1...3).contains(text.utf8.count) && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        return isNumber && UInt8(text) != nil && (text == "0" || text.first != "0")
    }
}
