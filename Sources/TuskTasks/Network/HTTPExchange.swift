import CCurl
import CLinux
import Glibc

/// What libcurl tells while it makes one call. Its callbacks come on the thread that makes the call, so no two threads
/// meet here.
final class HTTPExchange {
    private let guardian: NetworkGuard
    private let bytesMax: Int?
    private let pace: AnswerPace
    private var watch: AnswerPace.Watch
    private let shouldStop: () -> Bool
    private let onHead: (HTTPHead) throws(TaskFailure) -> Void
    private let onBody: ([UInt8]) throws(TaskFailure) -> Void
    /// Whether a piece of the body can be taken now. Defaults to always.
    var hasRoom: () -> Bool = { true }
    /// Whether libcurl keeps a piece for which there was no room.
    private(set) var isPaused = false

    private var head = HTTPHead()
    private var isHeadGiven = false
    private var received = 0
    private var failure: TaskFailure?

    /// All header bytes of an answer.
    private static let headBytesMax = 64 << 10
    private var headBytes = 0

    init(
        _ guardian: NetworkGuard,
        _ call: HTTPCall,
        _ shouldStop: @escaping () -> Bool,
        _ onHead: @escaping (HTTPHead) throws(TaskFailure) -> Void,
        _ onBody: @escaping ([UInt8]) throws(TaskFailure) -> Void
    ) {
        self.guardian = guardian
        bytesMax = call.bytesMax
        pace = call.pace
        watch = AnswerPace.Watch(call.pace)
        self.shouldStop = shouldStop
        self.onHead = onHead
        self.onBody = onBody
    }

    /// Runs `body` while libcurl talks to this.
    @unsafe func attach(_ settings: inout CurlSettings, _ body: (inout CurlSettings) -> CURLcode) -> CURLcode {
        let own = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe settings.opener { own, purpose, address in
            unsafe HTTPExchange.of(own).open(purpose, address)
        }
        unsafe settings.pointer(CURLOPT_OPENSOCKETDATA, own)
        unsafe settings.writer(CURLOPT_HEADERFUNCTION) { bytes, size, count, own in
            unsafe HTTPExchange.of(own).takeHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        unsafe settings.pointer(CURLOPT_HEADERDATA, own)
        unsafe settings.writer(CURLOPT_WRITEFUNCTION) { bytes, size, count, own in
            unsafe HTTPExchange.of(own).takeBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        unsafe settings.pointer(CURLOPT_WRITEDATA, own)
        unsafe settings.progress { own, _, _, _, _ in
            unsafe HTTPExchange.of(own).isToEnd() ? 1 : 0
        }
        unsafe settings.pointer(CURLOPT_XFERINFODATA, own)
        unsafe settings.long(CURLOPT_NOPROGRESS, 0)
        return withExtendedLifetime(self) { unsafe body(&settings) }
    }

    /// Looks at how fast the answer comes from now on.
    func watchAnew() { watch = AnswerPace.Watch(pace) }

    /// What libcurl is told when there is room again: to hand over what it keeps, and to go on.
    func goOn() -> Int32 {
        isPaused = false
        return CURLPAUSE_CONT
    }

    /// Whether the call is to be given up. Asked at every piece, and about once a second while there is none.
    private func isToEnd() -> Bool {
        guard !shouldStop() else { return true }
        guard watch.isTooSlow(bytes: headBytes + received, at: .now) else { return false }
        failure = .unavailable(pace.words)
        return true
    }

    @unsafe private static func of(_ own: UnsafeMutableRawPointer?) -> HTTPExchange {
        guard let own = unsafe own else { preconditionFailure("libcurl lost its context") }
        return unsafe Unmanaged<HTTPExchange>.fromOpaque(own).takeUnretainedValue()
    }

    /// Makes the socket for an address that is allowed; this is where an address that is not ends the call.
    @unsafe private func open(_ purpose: curlsocktype, _ address: UnsafeMutablePointer<curl_sockaddr>?) -> curl_socket_t
    {
        guard purpose == CURLSOCKTYPE_IPCXN, let address = unsafe address else { return CURL_SOCKET_BAD }
        let target = unsafe withUnsafePointer(to: &address.pointee.addr) { unsafe NetworkAddress($0) }
        guard let target, guardian.allows(target) else {
            failure = .refused("the server's address is not one that the configuration allows")
            return CURL_SOCKET_BAD
        }
        return unsafe socket(
            address.pointee.family,
            address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue),
            address.pointee.protocol
        )
    }

    @unsafe private func takeHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
        headBytes += bytes.count
        guard headBytes <= Self.headBytesMax else {
            failure = .unreadable("the head of the answer is longer than \(Self.headBytesMax) bytes")
            return 0
        }
        let line = unsafe String(decoding: bytes, as: UTF8.self)
        let text = Self.withoutSpaceAtEnd(line)
        let words = text.split(separator: " ", maxSplits: 2)
        if text.hasPrefix("HTTP/"), words.count >= 2, let status = Int(words[1]) {
            head = HTTPHead(status: status)
        } else if let colon = text.unicodeScalars.firstIndex(of: ":") {
            let name = String(text.unicodeScalars[..<colon]).lowercased()
            let value = text.unicodeScalars[text.unicodeScalars.index(after: colon)...]
                .drop { $0 == " " || $0 == "\t" }
            head.headers.append((name, String(value)))
        }
        return bytes.count
    }

    private static func withoutSpaceAtEnd(_ text: String) -> String {
        var scalars = text.unicodeScalars
        while let last = scalars.last, [" ", "\t", "\r", "\n"].contains(last) { scalars.removeLast() }
        return String(scalars)
    }

    @unsafe private func takeBody(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard hasRoom() else {
            isPaused = true
            return Int(CURL_WRITEFUNC_PAUSE)
        }
        do throws(TaskFailure) {
            try giveHead()
            received += bytes.count
            if let bytesMax, received > bytesMax { throw .refused("the answer is longer than \(bytesMax) bytes") }
            try onBody(unsafe Array(bytes))
        } catch {
            failure = error
            return 0
        }
        return bytes.count
    }

    private func giveHead() throws(TaskFailure) {
        guard !isHeadGiven else { return }
        isHeadGiven = true
        try onHead(head)
    }

    /// What came of it.
    func end(_ code: CURLcode) throws(TaskFailure) -> HTTPHead {
        if code == CURLE_OK {
            try giveHead()
            return head
        }
        if let failure { throw failure }
        if code == CURLE_ABORTED_BY_CALLBACK { throw .stopped }
        let reason = "the request failed: \(unsafe String(cString: curl_easy_strerror(code)).lowercased())"
        switch code {
        case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_OPERATION_TIMEDOUT, CURLE_GOT_NOTHING,
            CURLE_SEND_ERROR, CURLE_RECV_ERROR:
            throw .unavailable(reason)
        default: throw .unreadable(reason)
        }
    }
}
