import CLibPQ
import Glibc

/// A message that some session sent to a channel.
package struct Notification: Sendable, Equatable {
    /// The channel.
    package let channel: String
    /// What was sent with it; may be empty.
    package let payload: String
    /// The process number of the sender's session.
    package let senderPID: Int32
}

/// Interrupts a thread that waits for notifications, from any thread.
///
/// A pair of sockets, because `poll(2)` can watch one beside the server's, and because they are made with close-on-exec
/// set, which `pipe(2)` is not. Only plain numbers are kept, and the kernel orders reads and writes.
package final class Wake: Sendable {
    private let readEnd: Int32
    private let writeEnd: Int32

    /// Makes the pair; throws when the process has no descriptors left.
    package init() throws(PostgresError) {
        var ends: [Int32] = [-1, -1]
        let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        guard unsafe socketpair(AF_UNIX, Int32(kind), 0, &ends) == 0 else {
            throw .connection(message: "no pair of sockets: errno \(errno)", sent: false)
        }
        (readEnd, writeEnd) = (ends[0], ends[1])
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    /// Ends the wait that is going on, or the next one. Several calls before a wait count as one.
    package func signal() {
        // A full socket refuses the byte, and is readable anyway.
        var byte: UInt8 = 1
        _ = unsafe write(writeEnd, &byte, 1)
    }

    /// What to watch.
    var descriptor: Int32 { readEnd }

    /// Forgets the signals so far. Returns whether there were any.
    func drain() -> Bool {
        var bytes: (UInt64, UInt64) = (0, 0)
        var wasSignalled = false
        while unsafe read(readEnd, &bytes, 16) > 0 { wasSignalled = true }
        return wasSignalled
    }
}

extension Session {
    /// How many notifications are kept while nobody asks for them; they are hints, the oldest are forgotten first.
    private static let pendingMax = 1024

    /// Makes the session receive what is sent to a channel. Such a session does not go back into a pool.
    package func listen(_ channel: String, deadline: Deadline? = nil) throws(PostgresError) {
        precondition(!channel.isEmpty && channel.utf8.count <= 63, "a channel's name has 1 to 63 bytes")
        isListening = true
        let statement = Statement(name: "listen", text: "listen \(Self.quoted(channel))", isReadOnly: true)
        _ = try run(statement, deadline: deadline)
    }

    /// Waits for the next notification. Returns nil when the deadline passes or `wake` is signalled.
    package func waitForNotification(
        until deadline: Deadline,
        wake: Wake? = nil
    ) throws(PostgresError) -> Notification? {
        guard isUsable else { throw .closed }
        while true {
            if let notification = takePending() { return notification }
            let hasInput = try waiting { () throws(PostgresError) in
                try connection.waitForInput(until: deadline, wake: wake?.descriptor)
            }
            if let notification = takePending() { return notification }
            guard isUsable else {
                close()
                throw .connection(message: "the server ended the session", sent: false)
            }
            if let wake, wake.drain() { return nil }
            if !hasInput { return nil }
        }
    }

    /// Whether notifications arrive here, which they do not behind a pooler that lends sessions per transaction: such a
    /// one accepts `listen` all the same. A second session sends one with a random text, and this one waits for it for
    /// up to 2 seconds. The channel must be listened to.
    package func provesNotifications(
        _ channel: String,
        within limit: Duration = .seconds(2)
    ) throws(PostgresError) -> Bool {
        let deadline = Deadline.after(limit)
        let text = "proof " + String(UInt64.random(in: 0...UInt64.max), radix: 16)
        let other = try Session(settings, deadline: deadline)
        defer { other.close() }
        var parameters = Parameters()
        parameters.text(channel)
        parameters.text(text)
        let statement = Statement(name: "notify", text: "select pg_catalog.pg_notify($1, $2)", isReadOnly: true)
        _ = try other.run(statement, parameters, deadline: deadline)
        var others: [Notification] = []
        defer { pendingNotifications.insert(contentsOf: others, at: 0) }
        while let notification = try waitForNotification(until: deadline) {
            if notification.payload == text { return true }
            others.append(notification)
        }
        return false
    }

    private func takePending() -> Notification? {
        while let notification = connection.nextNotification() {
            if pendingNotifications.count == Self.pendingMax { pendingNotifications.removeFirst() }
            pendingNotifications.append(notification)
        }
        return pendingNotifications.isEmpty ? nil : pendingNotifications.removeFirst()
    }

    /// Marks the server as condemned when the connection breaks while waiting.
    private func waiting<Answer>(_ body: () throws(PostgresError) -> Answer) throws(PostgresError) -> Answer {
        do throws(PostgresError) {
            return try body()
        } catch {
            throw leave(after: error, wasIdle: false, mayTakeEffect: false)
        }
    }

    /// An identifier that means exactly this text.
    private static func quoted(_ name: String) -> String {
        precondition(!name.utf8.contains(0), "a name cannot contain a NUL byte")
        return "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
