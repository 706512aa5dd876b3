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
    /// How long a connection may take to be made.
    private static let connectMilliseconds = 10_000

    private let guardian: NetworkGuard
    private let trusted: TrustedAuthorities?
    private let sessions = CurlSessions()

    /// `trusted`: who may vouch for servers; nil: those the system trusts.
    init(guardian: NetworkGuard, trusting trusted: TrustedAuthorities? = nil) {
        self.guardian = guardian
        self.trusted = trusted
    }

    /// Makes a call; `onHead` sees the head before the first byte, `onBody` each piece. What either throws ends the
    /// call, and is thrown. Blocks.
    func perform(
        _ call: HTTPCall,
        shouldStop: @escaping () -> Bool,
        onHead: @escaping (HTTPHead) throws(TaskFailure) -> Void,
        onBody: @escaping ([UInt8]) throws(TaskFailure) -> Void
    ) throws(TaskFailure) -> HTTPHead {
        if let fault = HTTPURL.fault(of: call.url) { throw .refused("url \(fault)") }
        let exchange = HTTPExchange(guardian, call, shouldStop, onHead, onBody)
        return try exchange.end(unsafe sessions.with { unsafe perform(call, exchange, $0) })
    }

    /// Begins a call whose answer is read at the reader's own pace, over a connection of its own.
    func stream(
        _ call: HTTPCall,
        keptBytesMax: Int = HTTPStream.keptBytesMaxDefault,
        shouldStop: @escaping () -> Bool
    ) throws(TaskFailure) -> HTTPStream {
        if let fault = HTTPURL.fault(of: call.url) { throw .refused("url \(fault)") }
        return try HTTPStream(call, guardian, trusted, keptBytesMax: keptBytesMax, shouldStop)
    }

    @unsafe private func perform(
        _ call: HTTPCall,
        _ exchange: HTTPExchange,
        _ curl: UnsafeMutableRawPointer
    ) -> CURLcode {
        let list = unsafe Self.headers(of: call)
        defer { unsafe curl_slist_free_all(list) }
        var settings = unsafe CurlSettings(curl)
        unsafe settings.pointer(CURLOPT_HTTPHEADER, list)
        unsafe Self.prepare(call, &settings)
        // Without a byte there would be no address, which means no body at all.
        let body = (call.body ?? []) + [0]
        return unsafe exchange.attach(&settings) { settings in
            unsafe body.withUnsafeBytes { bytes in
                if let count = call.body?.count {
                    unsafe settings.offset(CURLOPT_POSTFIELDSIZE_LARGE, count)
                    // libcurl only reads it.
                    unsafe settings.pointer(CURLOPT_POSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress))
                    unsafe settings.text(CURLOPT_CUSTOMREQUEST, call.method)
                }
                return unsafe (trusted?.bytes ?? []).withUnsafeBytes { trusted in
                    if unsafe !trusted.isEmpty { unsafe settings.blob(CURLOPT_CAINFO_BLOB, trusted) }
                    return unsafe settings.isSound ? curl_easy_perform(curl) : CURLE_FAILED_INIT
                }
            }
        }
    }

    /// The headers of a call as libcurl takes them; the caller frees them when the call is over.
    @unsafe static func headers(of call: HTTPCall) -> UnsafeMutablePointer<curl_slist>? {
        var list: UnsafeMutablePointer<curl_slist>?
        // An empty value takes out what libcurl would send by itself.
        for line in call.headers.map({ $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }) + ["Expect:"] {
            unsafe list = curl_slist_append(list, line)
        }
        return unsafe list
    }

    /// Sets everything that is the same for each call, and what a call says itself, but for its headers and body.
    @unsafe static func prepare(_ call: HTTPCall, _ settings: inout CurlSettings) {
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
        // A session is parked with its connection, and another call may lead elsewhere.
        unsafe settings.long(CURLOPT_MAXCONNECTS, 1)
        if let stallSeconds = call.stallSeconds {
            unsafe settings.long(CURLOPT_LOW_SPEED_LIMIT, 1)
            unsafe settings.long(CURLOPT_LOW_SPEED_TIME, stallSeconds)
        }
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

    /// Unless they are copied, the bytes have to stay as long as the call.
    mutating func blob(_ option: CURLoption, _ bytes: UnsafeRawBufferPointer, isCopied: Bool = false) {
        unsafe note(tusk_curl_set_blob(curl, option, bytes.baseAddress, bytes.count, isCopied))
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
