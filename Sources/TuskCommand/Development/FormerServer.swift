import Foundation
import Glibc

/// A server on the same data that an earlier `tusk dev` left behind, because it was killed.
///
/// Whoever asks holds the `DirectoryLock`, so no living `tusk dev` needs the server.
enum FormerServer {
    /// How long it may take to shut down by itself, and then to give up at once.
    private static let fastMax = Duration.seconds(20)
    private static let immediateMax = Duration.seconds(5)

    /// Ends the server that works on `data`, if there is one.
    static func end(_ data: String, _ note: (String) -> Void) throws(CommandError) {
        guard let processID = running(data) else { return }
        note("Ending the server that an earlier tusk dev left behind (process \(processID)).")
        // What the signals mean to a server: PostgreSQL 15 manual, 19.5 "Shutting Down the Server".
        for (number, limit) in [(SIGINT, fastMax), (SIGQUIT, immediateMax), (SIGKILL, immediateMax)] {
            kill(processID, number)
            if hasEnded(processID, data, within: limit) { return }
        }
        throw CommandError(
            .busy,
            "a server works on \(data) and does not end (process \(processID))",
            hint: "End it with kill -9 \(processID)."
        )
    }

    /// The process in `postmaster.pid`, if it is a server on this data: its working directory is the data directory,
    /// which no process has by accident whose number was reused.
    private static func running(_ data: String) -> pid_t? {
        guard let bytes = FileManager.default.contents(atPath: "\(data)/postmaster.pid"),
            let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first,
            let processID = pid_t(line), processID > 1, works(processID, on: data)
        else { return nil }
        return processID
    }

    private static func works(_ processID: pid_t, on data: String) -> Bool {
        guard let place = realpath("/proc/\(processID)/cwd", nil) else { return false }
        defer { free(place) }
        return String(cString: place) == data
    }

    private static func hasEnded(_ processID: pid_t, _ data: String, within limit: Duration) -> Bool {
        let end = ContinuousClock.now.advanced(by: limit)
        while ContinuousClock.now < end {
            guard works(processID, on: data) else { return true }
            Pause.wait(.milliseconds(20))
        }
        return false
    }
}
