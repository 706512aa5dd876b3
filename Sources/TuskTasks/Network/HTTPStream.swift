import CCurl

/// An answer of another server that is read at the reader's own pace: what nobody asks for waits at the server. One
/// thread at a time.
///
/// libcurl works only inside of `head` and `read`. Its connection is closed with the stream.
///
/// Source: libcurl 7.88, libcurl-multi(3), curl_multi_perform(3), curl_easy_pause(3).
@safe final class HTTPStream {
    /// Bytes that are kept until they are read: 256 KiB, and a piece more.
    static let keptBytesMaxDefault = 256 << 10
    /// How long libcurl may wait for the server before it is asked again whether it should: 1 second.
    private static let pollMilliseconds: Int32 = 1000

    /// What came and was not read.
    private final class Kept {
        var head: HTTPHead?
        private var bytes: [UInt8] = []
        private var start = 0

        var count: Int { bytes.count - start }

        func add(_ more: [UInt8]) {
            if count == 0 {
                bytes.removeAll(keepingCapacity: true)
                start = 0
            }
            bytes += more
        }

        /// Moves the first bytes into a part of a buffer, as many as there are; answers how many.
        func take(into buffer: inout [UInt8], _ part: Range<Int>) -> Int {
            let moved = min(count, part.count)
            buffer.replaceSubrange(part.prefix(moved), with: bytes[start..<(start + moved)])
            start += moved
            return moved
        }
    }

    private let kept: Kept
    private let exchange: HTTPExchange
    private let curl: UnsafeMutableRawPointer
    private let multi: UnsafeMutableRawPointer
    private let headers: UnsafeMutablePointer<curl_slist>?
    private var isOver = false

    /// Begins a call; nothing is sent before something is asked for.
    init(
        _ call: HTTPCall,
        _ guardian: NetworkGuard,
        _ trusted: TrustedAuthorities?,
        keptBytesMax: Int,
        _ shouldStop: @escaping () -> Bool
    ) throws(TaskFailure) {
        let kept = Kept()
        let exchange = HTTPExchange(guardian, call, shouldStop, { kept.head = $0 }, { kept.add($0) })
        exchange.hasRoom = { kept.count < keptBytesMax }
        guard let curl = unsafe CurlSessions.make(), let multi = unsafe curl_multi_init() else {
            throw .unreadable("libcurl does not start")
        }
        (self.kept, self.exchange) = (kept, exchange)
        unsafe self.curl = curl
        unsafe self.multi = multi
        unsafe headers = HTTPClient.headers(of: call)
        var settings = unsafe CurlSettings(curl)
        unsafe settings.pointer(CURLOPT_HTTPHEADER, headers)
        unsafe HTTPClient.prepare(call, &settings)
        unsafe (trusted?.bytes ?? []).withUnsafeBytes { trusted in
            if unsafe !trusted.isEmpty { unsafe settings.blob(CURLOPT_CAINFO_BLOB, trusted, isCopied: true) }
        }
        let code = unsafe exchange.attach(&settings) { unsafe $0.isSound ? CURLE_OK : CURLE_FAILED_INIT }
        guard code == CURLE_OK, unsafe curl_multi_add_handle(multi, curl) == CURLM_OK else {
            throw .unreadable("libcurl does not start")
        }
    }

    deinit {
        unsafe curl_multi_remove_handle(multi, curl)
        unsafe curl_easy_cleanup(curl)
        unsafe curl_multi_cleanup(multi)
        unsafe curl_slist_free_all(headers)
    }

    /// Bytes that came and were not read.
    var keptBytes: Int { kept.count }

    /// The first part of the answer. Blocks until it is there.
    func head() throws(TaskFailure) -> HTTPHead {
        exchange.watchAnew()
        while kept.head == nil { try go() }
        return kept.head ?? HTTPHead()
    }

    /// Reads into a part of a buffer; less than the part has only at the end of the answer. Blocks.
    func read(into buffer: inout [UInt8], _ part: Range<Int>) throws(TaskFailure) -> Int {
        // The time that the reader was away is not the server's.
        exchange.watchAnew()
        var filled = part.lowerBound
        while true {
            filled += kept.take(into: &buffer, filled..<part.upperBound)
            guard filled < part.upperBound, !isOver else { return filled - part.lowerBound }
            try go()
        }
    }

    /// Lets libcurl work until something came or a second is over. Before, everything kept was read.
    private func go() throws(TaskFailure) {
        // libcurl may hand over at once what it has.
        if exchange.isPaused {
            let code = unsafe curl_easy_pause(curl, exchange.goOn())
            guard code == CURLE_OK else { return try end(code) }
        }
        guard kept.count == 0 else { return }
        var running: Int32 = 0
        guard unsafe curl_multi_perform(multi, &running) == CURLM_OK else {
            throw .unreadable("the request failed: libcurl cannot go on")
        }
        if let code = unsafe ending() {
            try end(code)
        } else if kept.count == 0 {
            _ = unsafe curl_multi_poll(multi, nil, 0, Self.pollMilliseconds, nil)
        }
    }

    private func end(_ code: CURLcode) throws(TaskFailure) {
        isOver = true
        _ = try exchange.end(code)
    }

    /// How the call ended; nil: it has not.
    @unsafe private func ending() -> CURLcode? {
        var left: Int32 = 0
        while let message = unsafe curl_multi_info_read(multi, &left) {
            if unsafe message.pointee.msg == CURLMSG_DONE { return unsafe message.pointee.data.result }
        }
        return nil
    }
}
