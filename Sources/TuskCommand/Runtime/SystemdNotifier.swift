import Glibc

/// Tells systemd how the service is.
///
/// Source: sd_notify(3) and systemd.service(5), `Type=notify`: one datagram of `NAME=value` lines to the socket in
/// `NOTIFY_SOCKET`; a name that starts with `@` is in the abstract namespace, where the first byte is NUL.
struct SystemdNotifier: Sendable {
    private let socketName: String?

    /// A notifier for the service manager of this environment; without one it does nothing.
    init(_ environment: [String: String]) {
        let name = environment["NOTIFY_SOCKET"] ?? ""
        socketName = name.hasPrefix("/") || name.hasPrefix("@") ? name : nil
    }

    /// The service works.
    func ready(_ status: String) { send("READY=1\nSTATUS=\(Self.line(status))") }

    /// The service has begun to end.
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
