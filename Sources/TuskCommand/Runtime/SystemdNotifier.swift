import Glibc

/// Tells systemd how the service is.
///
/// Source: sd_notify(3) and systemd.service(5), `Type=notify`: one datagram of `NAME=value` lines to the socket in
/// `NOTIFY_SOCKET`; a name that starts with `@` is in the abstract namespace, where the first byte is NUL.
struct SystemdNotifier: Sendable {
    private let socketName: String?

    /// How often to say that the service is alive: half of the time after which the manager takes it for stuck. Nil:
    /// the manager does not ask for it.
    ///
    /// Source: sd_watchdog_enabled(3): `WATCHDOG_USEC` in microseconds, for the process `WATCHDOG_PID` if that is set.
    let aliveInterval: Duration?

    /// A notifier for the service manager of this environment; without one it does nothing.
    init(_ environment: [String: String], processID: Int32 = getpid()) {
        let name = environment["NOTIFY_SOCKET"] ?? ""
        socketName = name.hasPrefix("/") || name.hasPrefix("@") ? name : nil
        let isMeant = environment["WATCHDOG_PID"].map { $0 == String(processID) } ?? true
        let limit = environment["WATCHDOG_USEC"].flatMap(Int64.init) ?? 0
        aliveInterval = socketName != nil && isMeant && limit > 1 ? .microseconds(limit / 2) : nil
    }

    /// The service works.
    func ready(_ status: String) { send("READY=1\nSTATUS=\(Self.line(status))") }

    /// The service is alive, unless parts of it are stuck: then it says which, and the manager replaces it in time.
    func alive(stuck parts: [String]) {
        send(parts.isEmpty ? "WATCHDOG=1" : "STATUS=stuck: \(Self.line(parts.joined(separator: ", ")))")
    }

    /// The service has begun to end; from here on the manager does not wait for `alive`.
    func stopping(_ status: String) { send("STOPPING=1\nSTATUS=\(Self.line(status))") }

    private static func line(_ text: String) -> String { Printable.line(text) }

    /// Best effort: a service manager that does not listen is no reason to fail.
    private func send(_ text: String) {
        guard let socketName else { return }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var path = Array(socketName.utf8)
        if path.first == UInt8(ascii: "@") { path[0] = 0 }
        guard path.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        // An abstract name has exactly the bytes given, without a NUL behind it.
        let length = MemoryLayout.offset(of: \sockaddr_un.sun_path).map { $0 + path.count } ?? 0
        let bytes = Array(text.utf8)
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                _ = sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), pointer, socklen_t(length))
            }
        }
    }
}
