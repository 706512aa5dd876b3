import Dispatch
import Glibc
import Synchronization
package import TuskPostgres

/// A TCP proxy on 127.0.0.1 between a client and a server, which does to the traffic what networks do.
///
/// One thread with one `poll(2)` does everything; the mode can be changed at any time, from any thread. Without the
/// proxy object its connections end.
package final class FaultProxy: Sendable {
    /// What happens to the bytes that come in from now on.
    package enum Mode: Sendable, Equatable {
        /// They arrive.
        case pass
        /// They are acknowledged and lost, in both directions; new connections are accepted and never answered.
        case blackhole
        /// What the client says arrives, what the server says is lost.
        case dropReplies
        /// All connections break, and new ones break at once.
        case cut
        /// They arrive later, in each direction.
        case delay(milliseconds: Int)
        /// They arrive until so many bytes of replies have; then all connections break.
        case cutAfter(replyBytes: Int)
    }

    /// Where the proxy listens.
    package let port: Int
    private let loop: ProxyLoop

    /// Listens on a free port and forwards to the server of a connection string, which must name one by TCP.
    package init(to server: ConnectionString) throws {
        let host = server["hostaddr"] ?? server["host"] ?? ""
        guard let port = UInt16(server["port"] ?? "5432"), let address = ProxySocket.address(host, port) else {
            throw ProxySocket.Failure(description: "a fault proxy needs a server by IPv4 address, not \"\(host)\"")
        }
        loop = try ProxyLoop(server: address)
        self.port = loop.port
        DispatchQueue(label: "fault-proxy").async { [loop] in loop.run() }
    }

    deinit {
        loop.control.withLock { $0.isStopped = true }
        loop.wake()
    }

    /// What happens to the traffic. Set, it is in force when the assignment returns.
    package var mode: Mode {
        get { loop.control.withLock { $0.mode } }
        set {
            let isInForce = DispatchSemaphore(value: 0)
            loop.control.withLock { control in
                control.mode = newValue
                control.changes += 1
                control.waiting.append(isInForce)
            }
            loop.wake()
            isInForce.wait()
        }
    }

    /// How many connections there have been.
    package var acceptedCount: Int { loop.control.withLock { $0.accepted } }

    /// How many bytes clients have sent so far.
    package var requestBytes: Int { loop.control.withLock { $0.requestBytes } }

    /// The same connection through the proxy.
    package func connectionString(_ direct: ConnectionString) -> ConnectionString {
        direct.with(host: "127.0.0.1", port: port)
    }
}
