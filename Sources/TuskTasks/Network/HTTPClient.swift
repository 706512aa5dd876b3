import CCurl
import Glibc

/// Sends requests to other servers, by libcurl, and only to addresses that the guard allows.
///
/// The address is looked at when its socket is about to be made, so nothing can come between the look and the
/// connection, and a name that leads elsewhere at a second look-up leads nowhere. Redirects are not followed, and
/// proxies of the environment are not used.
///
/// Source: libcurl 7.88, curl_easy_setopt(3), CURLOPT_OPENSOCKETFUNCTION(3).
struct HTTPClient: Sendable {
    /// Ports below 1024 that may be asked for, since others speak no HTTP and could be made to believe it.
    private static let lowPorts = [80, 443]
    /// How long a connection may take to be made.
    private static let connectMilliseconds = 10_000
    /// An answer that stands still for so long is broken off.
    private static let stallSeconds = 60

    private static let isReady = tusk_curl_init() == CURLE_OK

    let guardian: NetworkGuard

    /// Makes a call; `onHead` sees the head before the first byte, `onBody` each piece. What either throws ends the
    /// call, and is thrown. Blocks.
    func perform(
        _ call: HTTPCall,
        shouldStop: @escaping () -> Bool,
        onHead: @escaping (HTTPHead) throws(TaskFailure) -> Void,
        onBody: @escaping ([UInt8]) throws(TaskFailure) -> Void
    ) throws(TaskFailure) -> HTTPHead {
        guard Self.isReady, let curl = unsafe curl_easy_init() else { throw .unreadable("libcurl does not start") }
        defer { unsafe curl_easy_cleanup(curl) }
        try unsafe Self.checkURL(call.url, curl)
        let exchange = HTTPExchange(guardian, bytesMax: call.bytesMax, shouldStop, onHead, onBody)
        var list: UnsafeMutablePointer<curl_slist>?
        defer { unsafe curl_slist_free_all(list) }
        // An empty value takes out what libcurl would send by itself.
        for line in call.headers.map({ $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }) + ["Expect:"] {
            unsafe list = curl_slist_append(list, line)
        }
        var settings = unsafe CurlSettings(curl)
        unsafe settings.pointer(CURLOPT_HTTPHEADER, list)
        unsafe Self.prepare(call, &settings)
        // Without a byte there would be no address, which means no body at all.
        let body = (call.body ?? []) + [0]
        let code = unsafe exchange.attach(&settings) { settings in
            unsafe body.withUnsafeBytes { bytes in
                if let count = call.body?.count {
                    unsafe settings.offset(CURLOPT_POSTFIELDSIZE_LARGE, count)
                    // libcurl only reads it.
                    unsafe settings.pointer(CURLOPT_POSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress))
                    unsafe settings.text(CURLOPT_CUSTOMREQUEST, call.method)
                }
                return unsafe settings.isSound ? curl_easy_perform(curl) : CURLE_FAILED_INIT
            }
        }
        return try exchange.end(code)
    }

    /// Takes the URL apart as libcurl does, and leaves it with the session. Source: curl_url_get(3).
    @unsafe private static func checkURL(_ text: String, _ curl: UnsafeMutableRawPointer) throws(TaskFailure) {
        let isPlain = text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        guard (1...HTTPCall.urlBytesMax).contains(text.utf8.count), isPlain, let url = unsafe curl_url() else {
            throw .refused("url must be of at most \(HTTPCall.urlBytesMax) characters, ASCII and without spaces")
        }
        defer { unsafe curl_url_cleanup(url) }
        guard unsafe curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK else { throw .refused("url is not a URL") }
        let part = { (part: CURLUPart) -> String? in
            var found: UnsafeMutablePointer<CChar>?
            guard unsafe curl_url_get(url, part, &found, UInt32(CURLU_DEFAULT_PORT)) == CURLUE_OK,
                let found = unsafe found
            else { return nil }
            defer { unsafe curl_free(found) }
            return unsafe String(cString: found)
        }
        guard let scheme = part(CURLUPART_SCHEME), scheme == "http" || scheme == "https" else {
            throw .refused("url must start with https:// or http://")
        }
        guard part(CURLUPART_USER) == nil, part(CURLUPART_PASSWORD) == nil else {
            throw .refused("url must not have a user or password")
        }
        guard let port = part(CURLUPART_PORT).flatMap({ Int($0) }), port >= 1024 || lowPorts.contains(port) else {
            throw .refused("url must not have this port; below 1024 there are 80 and 443")
        }
    }

    @unsafe private static func prepare(_ call: HTTPCall, _ settings: inout CurlSettings) {
        unsafe settings.text(CURLOPT_URL, call.url)
        unsafe settings.text(CURLOPT_PROTOCOLS_STR, "http,https")
        unsafe settings.text(CURLOPT_PROXY, "")
        unsafe settings.text(CURLOPT_USERAGENT, "tusk")
        unsafe settings.long(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
        unsafe settings.long(CURLOPT_FOLLOWLOCATION, 0)
        unsafe settings.long(CURLOPT_NOSIGNAL, 1)
        unsafe settings.long(CURLOPT_SSL_VERIFYPEER, 1)
        unsafe settings.long(CURLOPT_SSL_VERIFYHOST, 2)
        unsafe settings.long(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        unsafe settings.long(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        unsafe settings.long(CURLOPT_CONNECTTIMEOUT_MS, connectMilliseconds)
        unsafe settings.long(CURLOPT_TIMEOUT_MS, max(1, Int(call.timeout / .milliseconds(1))))
        unsafe settings.long(CURLOPT_LOW_SPEED_LIMIT, 1)
        unsafe settings.long(CURLOPT_LOW_SPEED_TIME, stallSeconds)
        switch call.method {
        case "GET": unsafe settings.long(CURLOPT_HTTPGET, 1)
        case "HEAD": unsafe settings.long(CURLOPT_NOBODY, 1)
        default: unsafe settings.text(CURLOPT_CUSTOMREQUEST, call.method)
        }
    }
}

/// Sets options of a session of libcurl, and remembers whether all were taken.
@unsafe struct CurlSettings {
    private let curl: UnsafeMutableRawPointer
    private(set) var isSound = true

    init(_ curl: UnsafeMutableRawPointer) {
        unsafe self.curl = curl
    }

    mutating func long(_ option: CURLoption, _ value: Int) {
        unsafe note(tusk_curl_set_long(curl, option, value))
    }

    mutating func offset(_ option: CURLoption, _ value: Int) {
        unsafe note(tusk_curl_set_offset(curl, option, curl_off_t(value)))
    }

    mutating func text(_ option: CURLoption, _ value: String) {
        unsafe note(tusk_curl_set_text(curl, option, value))
    }

    mutating func pointer(_ option: CURLoption, _ value: UnsafeMutableRawPointer?) {
        unsafe note(tusk_curl_set_pointer(curl, option, value))
    }

    mutating func writer(_ option: CURLoption, _ value: @escaping tusk_curl_writer) {
        unsafe note(tusk_curl_set_writer(curl, option, value))
    }

    mutating func opener(_ value: @escaping curl_opensocket_callback) {
        unsafe note(tusk_curl_set_opener(curl, value))
    }

    mutating func progress(_ value: @escaping curl_xferinfo_callback) {
        unsafe note(tusk_curl_set_progress(curl, value))
    }

    private mutating func note(_ code: CURLcode) {
        if code != CURLE_OK { unsafe isSound = false }
    }
}
