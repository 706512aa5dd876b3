package import TuskCore
import TuskPostgres

/// How far a running job is, as its handler says.
package struct ProgressReport: Sendable, Hashable {
    package let id: JobID
    package let lease: LeaseNumber
    /// 0...1.
    package let fraction: Double
    /// At most 1024 bytes; longer ones are cut.
    package let message: String?

    /// A report; the fraction is moved into 0...1.
    package init(id: JobID, lease: LeaseNumber, fraction: Double, message: String?) {
        self.id = id
        self.lease = lease
        self.fraction = fraction.isNaN ? 0 : min(max(fraction, 0), 1)
        self.message = message.map { StorableText.cut($0, bytesMax: 1024) }
    }
}

/// A line that a handler logged.
package struct JobLogLine: Sendable, Hashable {
    package let id: JobID
    package let lease: LeaseNumber
    /// Number of the line within the lease, from 1.
    package let line: Int32
    /// Syslog severity: 3 error, 4 warning, 6 info, 7 debug.
    package let level: Int16
    /// At most 8192 bytes; longer ones are cut.
    package let message: String

    /// A line of these parts.
    package init(id: JobID, lease: LeaseNumber, line: Int32, level: Int16, message: String) {
        self.id = id
        self.lease = lease
        self.line = line
        self.level = level
        self.message = StorableText.cut(message, bytesMax: 8192)
    }
}

/// Text that PostgreSQL can hold.
enum StorableText {
    /// The text cut to so many bytes, at a character's border, with a space for each NUL.
    static func cut(_ text: String, bytesMax: Int) -> String {
        var end = text.startIndex
        if text.utf8.count <= bytesMax {
            end = text.endIndex
        } else {
            end = text.utf8.index(text.startIndex, offsetBy: bytesMax)
            while end.samePosition(in: text.unicodeScalars) == nil, end > text.startIndex {
                end = text.utf8.index(before: end)
            }
        }
        let kept = text[..<end]
        guard kept.utf8.contains(0) else { return String(kept) }
        return String(decoding: kept.utf8.map { $0 == 0 ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
    }
}

extension StoreSession {
    private static let writeProgress = SQLCatalog.statement("write_progress")
    private static let writeJobLog = SQLCatalog.statement("write_job_log")

    /// Stores lines and progress together, or neither: what failed can be written again without doubling a line.
    /// Answers how many lines were stored.
    package func write(
        _ lines: [JobLogLine],
        _ reports: [ProgressReport],
        worker: WorkerID
    ) throws(StoreError) -> Int {
        guard !reports.isEmpty else { return try write(lines, worker: worker) }
        guard !lines.isEmpty else {
            try write(reports, worker: worker)
            return 0
        }
        return try transaction { session throws(StoreError) in
            let stored = try session.write(lines, worker: worker)
            try session.write(reports, worker: worker)
            return stored
        }
    }

    /// Stores the latest progress of jobs; what a lost lease says is left out. No job may be in it twice.
    package func write(_ reports: [ProgressReport], worker: WorkerID) throws(StoreError) {
        guard !reports.isEmpty else { return }
        _ = try run(Self.writeProgress) {
            $0.int2(shard)
            $0.uuid(worker)
            $0.int8Array(reports.map(\.lease.rawValue))
            $0.int8Array(reports.map(\.id.rawValue))
            $0.float8Array(reports.map(\.fraction))
            $0.textArray(optional: reports.map(\.message))
        }
    }

    /// Stores lines that handlers logged; what a lost lease says is left out. Answers how many were stored.
    @discardableResult
    package func write(_ lines: [JobLogLine], worker: WorkerID) throws(StoreError) -> Int {
        guard !lines.isEmpty else { return 0 }
        let answer = try run(Self.writeJobLog) {
            $0.int2(shard)
            $0.uuid(worker)
            $0.int8Array(lines.map(\.lease.rawValue))
            $0.int8Array(lines.map(\.id.rawValue))
            $0.int4Array(lines.map(\.line))
            $0.int2Array(lines.map(\.level))
            $0.textArray(lines.map(\.message))
        }
        return answer.commandRowCount
    }
}
