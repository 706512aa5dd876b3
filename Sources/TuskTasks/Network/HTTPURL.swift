import CCurl

/// Which URLs may be asked for. Taken apart as libcurl does it. Source: curl_url_get(3).
package enum HTTPURL {
    /// The longest.
    private static let bytesMax = 8192
    /// Ports below 1024 that may be asked for, since others speak no HTTP and could be made to believe it.
    private static let lowPorts = [80, 443]

    /// What is wrong with a URL, as the rest of a sentence that it begins; nil for one that may be asked for.
    package static func fault(of text: String) -> String? {
        let isPlain = text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        guard (1...bytesMax).contains(text.utf8.count), isPlain, let url = unsafe curl_url() else {
            return "must be of at most \(bytesMax) characters, ASCII and without spaces"
        }
        defer { unsafe curl_url_cleanup(url) }
        guard unsafe curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK else { return "is not a URL" }
        let part = { (part: CURLUPart) -> String? in
            var found: UnsafeMutablePointer<CChar>?
            guard unsafe curl_url_get(url, part, &found, UInt32(CURLU_DEFAULT_PORT)) == CURLUE_OK,
                let found = unsafe found
            else { return nil }
            defer { unsafe curl_free(found) }
            return unsafe String(cString: found)
        }
        guard let scheme = part(CURLUPART_SCHEME), scheme == "http" || scheme == "https" else {
            return "must start with https:// or http://"
        }
        guard part(CURLUPART_USER) == nil, part(CURLUPART_PASSWORD) == nil else {
            return "must not have a user or password"
        }
        guard let port = part(CURLUPART_PORT).flatMap({ Int($0) }), port >= 1024 || lowPorts.contains(port) else {
            return "must not have this port; below 1024 there are 80 and 443"
        }
        return nil
    }
}
