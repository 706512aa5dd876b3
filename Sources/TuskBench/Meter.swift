import Foundation
import Glibc
import TuskPostgres
import TuskStore

/// What a machine and its database had spent by a moment; two of them tell what a run cost.
struct Meter: Sendable {
    private static let measure = SQLCatalog.statement("measure_database", in: "bench", isReadOnly: true)

    let at: ContinuousClock.Instant
    /// CPU seconds of this process, of its children that ended and of a crew's processes.
    let ownCPU: Double
    /// CPU seconds of all processes of the server; nil when it runs elsewhere or hides its processes.
    let serverCPU: Double?
    /// Bytes of WAL since the server was made.
    let walBytes: Int64
    /// Bytes of tables, indexes and TOAST.
    let tableBytes: Int64
    /// Dead rows, as far as the statistics know.
    let deadRows: Int64

    /// Reads everything now.
    init(_ session: StoreSession, with crew: Crew? = nil) throws {
        let rows = try session.run(Self.measure)
        walBytes = rows.int8(0, 0)
        tableBytes = rows.int8(0, 1)
        deadRows = rows.int8(0, 2)
        serverCPU = rows.bool(0, 4) ? ServerProcesses.cpuSeconds(servedBy: rows.int4(0, 3)) : nil
        ownCPU = Self.cpuSeconds(RUSAGE_SELF) + Self.cpuSeconds(RUSAGE_CHILDREN) + (crew?.cpuSeconds ?? 0)
        at = .now
    }

    private static func cpuSeconds(_ whose: __rusage_who) -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(whose.rawValue), &usage)
        let microseconds = usage.ru_utime.tv_usec + usage.ru_stime.tv_usec
        return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + Double(microseconds) / 1e6
    }
}

/// The processes of a PostgreSQL server on this machine, as `/proc` shows them.
enum ServerProcesses {
    /// A process, from the fields of `/proc/PID/stat`. Source: proc(5).
    private struct Stat {
        let parent: Int32
        /// Clock ticks of itself and of children that ended.
        let ticks: Int
        /// Clock ticks of itself.
        let ownTicks: Int

        init?(_ pid: Int32) {
            guard let bytes = FileManager.default.contents(atPath: "/proc/\(pid)/stat") else { return nil }
            // The second field is a name in parentheses, which may hold anything.
            let text = String(decoding: bytes, as: UTF8.self)
            guard text.contains("(postgres)"), let end = text.lastIndex(of: ")") else { return nil }
            let fields = text[text.index(after: end)...].split(separator: " ")
            guard fields.count > 14, let parent = Int32(fields[1]) else { return nil }
            let times = fields[11...14].compactMap { Int($0) }
            guard times.count == 4 else { return nil }
            self.parent = parent
            ownTicks = times[0] + times[1]
            ticks = times.reduce(0, +)
        }
    }

    /// What the server of this session's process has used: its first process with all children that ended, and those
    /// that live.
    static func cpuSeconds(servedBy pid: Int32) -> Double? {
        guard let session = Stat(pid), let first = Stat(session.parent) else { return nil }
        var ticks = first.ticks
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let other = Int32(name), let stat = Stat(other), stat.parent == session.parent else { continue }
            ticks += stat.ownTicks
        }
        return Double(ticks) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
