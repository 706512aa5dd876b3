import Foundation
import Testing

@testable import TuskCommand

/// Datagrams to a service manager, received by a socket of ours.
struct SystemdNotifierTests {
    /// A socket with a name, which may start with `@` for the abstract namespace.
    private func receive(at name: String, _ send: (SystemdNotifier) -> Void) throws -> [String] {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var path = Array(name.utf8)
        if path.first == UInt8(ascii: "@") { path[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
        let status = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        try #require(status == 0)
        send(SystemdNotifier(["NOTIFY_SOCKET": name]))
        var messages: [String] = []
        var buffer = [UInt8](repeating: 0, count: 1024)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard count > 0 else { return messages }
            messages.append(String(decoding: buffer.prefix(count), as: UTF8.self))
        }
    }

    @Test func `the manager hears of each step, by path and by abstract name`() throws {
        try withTemporaryDirectory { directory in
            for name in ["\(directory)/notify", "@tusk-test-\(UUID().uuidString)"] {
                let messages = try receive(at: name) { notifier in
                    notifier.ready("serving\nREADY=0")
                    notifier.stopping("draining")
                }
                #expect(
                    messages == ["READY=1\nSTATUS=serving\\nREADY=0", "STOPPING=1\nSTATUS=draining"],
                    "\(name)"
                )
            }
        }
    }

    @Test func `the manager hears that the service is alive, unless a part of it is stuck`() throws {
        try withTemporaryDirectory { directory in
            let messages = try receive(at: "\(directory)/notify") { notifier in
                notifier.alive(stuck: [])
                notifier.alive(stuck: ["worker", "api"])
            }
            #expect(messages == ["WATCHDOG=1", "STATUS=stuck: worker, api"])
        }
    }

    @Test(
        arguments: [
            (["WATCHDOG_USEC": "30000000"], .seconds(15)),
            (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"], .seconds(15)),
            (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"], nil),
            (["WATCHDOG_USEC": "soon"], nil), (["WATCHDOG_USEC": "0"], nil), (["WATCHDOG_USEC": "-4"], nil), ([:], nil),
        ] as [([String: String], Duration?)]
    )
    func `it is said at half of the time that the manager waits`(variables: [String: String], interval: Duration?) {
        let manager = ["NOTIFY_SOCKET": "/run/notify"].merging(variables) { $1 }
        #expect(SystemdNotifier(manager, processID: 7).aliveInterval == interval)
        #expect(SystemdNotifier(variables, processID: 7).aliveInterval == nil, "nobody to tell")
    }

    @Test(arguments: [nil, "", "relative", "/nonexistent/socket", "/" + String(repeating: "x", count: 200)])
    func `without a manager nothing happens`(name: String?) {
        let notifier = SystemdNotifier(name.map { ["NOTIFY_SOCKET": $0] } ?? [:])
        notifier.ready("serving")
    }
}
