import CLinux
import Glibc

/// A socket that never blocks. Closed when it is forgotten.
///
/// Source: recv(2), send(2), shutdown(2), tcp(7).
@safe struct Socket: ~Copyable {
    let descriptor: Int32

    /// Unsent bytes the kernel keeps for a connection before it stops reporting it writable: enough to keep the line
    /// busy, little enough that a reader's progress is seen before it counts as stalled.
    private static let kernelUnsentBytesMax: Int32 = 128 * 1024

    init(owning descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// What came of an attempt to receive or to send.
    enum Transfer {
        /// So many bytes; 0 when the other end has finished sending.
        case bytes(Int)
        /// Not now.
        case wouldBlock
        /// The connection is gone.
        case broken
    }

    /// Small answers leave at once, and large ones do not pile up in the kernel. A system that refuses serves as well.
    func tune() {
        set(IPPROTO_TCP, TCP_NODELAY, 1)
        set(IPPROTO_TCP, TCP_NOTSENT_LOWAT, Self.kernelUnsentBytesMax)
    }

    /// Receives into `buffer`, up to its count.
    func receive(into buffer: inout [UInt8]) -> Transfer {
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
        return Self.transfer(count)
    }

    /// Sends `bytes` from `start` on, as many as go.
    func send(_ bytes: [UInt8], from start: Int) -> Transfer {
        let count = unsafe bytes.withUnsafeBytes { raw in
            let rest = unsafe UnsafeRawBufferPointer(rebasing: raw[start...])
            return unsafe Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
        }
        return Self.transfer(count)
    }

    /// Tells the other end that nothing more comes.
    func finishSending() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

    private static func transfer(_ count: Int) -> Transfer {
        guard count < 0 else { return .bytes(count) }
        switch errno {
        case EAGAIN, EINTR: return .wouldBlock
        default: return .broken
        }
    }

    private func set(_ level: Int, _ option: Int32, _ value: Int32) {
        var value = value
        _ = unsafe setsockopt(
            descriptor,
            Int32(level),
            option,
            &value,
            socklen_t(MemoryLayout<Int32>.size)
        )
    }
}

/// A socket that waits for connections.
@safe struct ListeningSocket: ~Copyable {
    private let socket: Socket
    /// Where it listens, with the port the system chose when none was asked for.
    let boundAddress: String

    /// Connections the kernel keeps until they are accepted; the system may cap it (`net.core.somaxconn`).
    private static let backlog: Int32 = 4096

    /// Listens at `text`, such as `127.0.0.1:8080`. A version 6 address takes no version 4 connections.
    init(_ text: String) throws(HTTPServerError) {
        guard var address = SocketAddress(text) else { throw .badAddress(text) }
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let socket = Socket(owning: Glibc.socket(address.family, type, 0))
        guard socket.descriptor >= 0 else { throw .listen(text, call: "socket", errno: errno) }
        var one: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        _ = unsafe setsockopt(socket.descriptor, SOL_SOCKET, SO_REUSEADDR, &one, size)
        if address.isVersion6 {
            _ = unsafe setsockopt(socket.descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &one, size)
        }
        let bound = unsafe address.with { unsafe bind(socket.descriptor, $0, $1) }
        guard bound == 0 else { throw Self.error(text, call: "bind", errno) }
        guard listen(socket.descriptor, Self.backlog) == 0 else { throw Self.error(text, call: "listen", errno) }
        let named = unsafe address.fill { unsafe getsockname(socket.descriptor, $0, $1) }
        guard named == 0 else { throw Self.error(text, call: "getsockname", errno) }
        boundAddress = address.text
        self.socket = socket
    }

    /// For the poller.
    var descriptor: Int32 { socket.descriptor }

    private static func error(_ address: String, call: String, _ code: Int32) -> HTTPServerError {
        switch code {
        case EADDRINUSE: .addressInUse(address, errno: code)
        case EADDRNOTAVAIL: .addressNotAvailable(address, errno: code)
        case EACCES, EPERM: .permissionDenied(address, errno: code)
        default: .listen(address, call: call, errno: code)
        }
    }

    /// What came of an attempt to accept.
    enum Accepted: ~Copyable {
        case connection(Socket, SocketAddress)
        /// Nobody is waiting.
        case none
        /// The one who waited has gone.
        case gone
        /// The process or the system has no descriptor or memory left.
        case exhausted
    }

    /// Takes the next connection.
    func accept() -> Accepted {
        var address = SocketAddress()
        let connection = unsafe address.fill { unsafe tusk_accept(descriptor, $0, $1) }
        guard connection < 0 else { return .connection(Socket(owning: connection), address) }
        switch errno {
        case EAGAIN: return .none
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .exhausted
        default: return .gone
        }
    }
}
