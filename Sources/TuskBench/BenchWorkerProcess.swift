import Glibc
import Tusk
import TuskCore
import TuskPostgres
import TuskStore

/// One of several worker processes of a bench: the program, started by itself.
///
/// Its standard input is a socket to the bench that keeps messages apart. The bench sends what to work on, then `go`,
/// then `stop`; the process answers with `ready`, and from then on with a `Report` whenever it has another one. When
/// the bench ends, however it ends, the socket says so and the process ends too.
package enum BenchWorkerProcess {
    /// The word with which the program is started for this.
    package static let word = "bench-worker"

    static let ready = UInt8(ascii: "R"), go = UInt8(ascii: "G"), stop = UInt8(ascii: "S")
    /// The most bytes of a message.
    static let messageBytesMax = 1 << 16
    /// How often reports are made at most.
    private static let reportMilliseconds: Int32 = 1
    private static let socket = STDIN_FILENO

    /// What one has done.
    struct Report: Equatable {
        /// Jobs that were handled since the start.
        var handled = 0
        /// Jobs of these, or about to be, whose outcomes are not written yet.
        var unsettled = 0

        var message: [Int] { [handled, unsettled] }

        init() {}

        /// Reads a message; nil: it is none.
        init?(_ message: [Int], bytes: Int) {
            guard bytes == 2 * MemoryLayout<Int>.size else { return nil }
            (handled, unsettled) = (message[0], message[1])
        }
    }

    /// Works until the bench has enough, or is gone. Answers with the exit status.
    package static func run() -> Int32 {
        var message = [UInt8](repeating: 0, count: messageBytesMax)
        let count = recv(socket, &message, message.count, 0)
        guard count > 0, let settings = settings(Array(message.prefix(count))) else { return EX_USAGE }
        let handled = Tally()
        let worker = BenchWorker.make(Store(settings, sessionsMax: 1)) { handled.add(1) }
        guard send(socket, [ready], 1, Int32(MSG_NOSIGNAL)) == 1 else { return EX_OSERR }
        var last = Report()
        while true {
            var events = [pollfd(fd: socket, events: Int16(POLLIN), revents: 0)]
            if poll(&events, 1, reportMilliseconds) > 0 {
                var order: UInt8 = 0
                // Nobody is left who would want the worker to end in order.
                guard recv(socket, &order, 1, 0) == 1 else { _exit(EX_OSERR) }
                guard order == go else { break }
                worker.start()
            }
            var report = Report()
            report.handled = handled.value
            let status = worker.status
            report.unsettled = status.queuedJobs + status.busySlots + status.unsettledJobs
            guard report != last else { continue }
            last = report
            let message = report.message
            let bytes = message.count * MemoryLayout<Int>.size
            guard send(socket, message, bytes, Int32(MSG_NOSIGNAL)) == bytes else { _exit(EX_OSERR) }
        }
        worker.stop()
        return EX_OK
    }

    // MARK: What to work on

    /// The message with which a process is told where to work.
    static func order(_ settings: ConnectionSettings) -> [UInt8] {
        var writer = JSONWriter(capacity: 256)
        writer.beginObject()
        writer.key("database")
        writer.string(settings.conninfo.textWithPassword)
        writer.key("connect_timeout_ms")
        writer.int(Int(settings.connectTimeout.wholeMilliseconds))
        writer.key("call_timeout_ms")
        writer.int(Int(settings.callTimeout.wholeMilliseconds))
        writer.key("behind_pooler")
        writer.bool(settings.settingsScope == .transaction)
        writer.endObject()
        return writer.bytes
    }

    /// Reads that message; nil: it is none.
    static func settings(_ order: [UInt8]) -> ConnectionSettings? {
        do {
            let object = try JSONDocument(validating: order, limits: .args).root
            guard let text = object.member("database")?.string,
                let connect = object.member("connect_timeout_ms")?.int64,
                let call = object.member("call_timeout_ms")?.int64
            else { return nil }
            var settings = ConnectionSettings(conninfo: try ConnectionString(text), applicationName: "tusk-bench")
            settings.connectTimeout = .milliseconds(connect)
            settings.callTimeout = .milliseconds(call)
            if object.member("behind_pooler")?.bool == true { settings.settingsScope = .transaction }
            return settings
        } catch {
            return nil
        }
    }
}
