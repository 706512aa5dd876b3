package import TuskCore
import TuskPostgres

/// What somebody outside says of a job that runs there.
package struct OutsideReport: Sendable {
    package let id: JobID
    /// How far it is: 0...1; nil: nothing is said of that.
    package let fraction: Double?
    /// What it does now; cut to 1024 bytes. With a fraction only.
    package let message: String?
    /// What it logs, in order: syslog severities, and texts that are cut to 8192 bytes.
    package let lines: [(level: Int16, message: String)]

    /// A report of these parts.
    package init(id: JobID, fraction: Double?, message: String?, lines: [(level: Int16, message: String)]) {
        self.id = id
        self.fraction = fraction
        self.message = message
        self.lines = lines
    }
}

extension StoreSession {
    private static let readClaimedJobs = SQLCatalog.statement("read_claimed_jobs", isReadOnly: true)
    private static let readLastLines = SQLCatalog.statement("read_last_lines", isReadOnly: true)

    /// The most lines that one attempt may log; further ones are left out.
    package static let outsideLinesMax = 10_000

    /// Stores what a claim says of its jobs, together or not at all. No job may be in it twice. Lines are numbered
    /// here, in the order in which they come.
    ///
    /// - Returns: the jobs that the claim does not hold, of which nothing is stored; nil when the claim is over, or not
    ///   `owner`'s.
    package func write(
        _ reports: [OutsideReport],
        _ token: ClaimToken,
        owner: String
    ) throws(StoreError) -> [JobID]? {
        let rows = try run(Self.readClaimedJobs) {
            $0.int2(shard)
            $0.uuid(token.worker)
            $0.bytea(token.hash)
            $0.text(owner)
            $0.int8Array(reports.map(\.id.rawValue))
        }
        guard rows.rowCount > 0 else { return nil }
        guard rows.rowCount == reports.count else { throw .unreadable("the jobs of a claim") }
        var held: [(report: OutsideReport, lease: LeaseNumber)] = []
        var lost: [JobID] = []
        for (row, report) in reports.enumerated() {
            if let lease = rows.int8IfPresent(row, 0).flatMap({ LeaseNumber(rawValue: $0) }) {
                held.append((report, lease))
            } else {
                lost.append(report.id)
            }
        }
        let progress = held.compactMap { report, lease in
            report.fraction.map { fraction in
                ProgressReport(id: report.id, lease: lease, fraction: fraction, message: report.message)
            }
        }
        _ = try write(try lines(of: held), progress, worker: token.worker)
        return lost
    }

    /// The lines with their numbers.
    private func lines(
        of held: [(report: OutsideReport, lease: LeaseNumber)]
    ) throws(StoreError) -> [JobLogLine] {
        let logging = held.filter { !$0.report.lines.isEmpty }
        guard !logging.isEmpty else { return [] }
        let last = try run(Self.readLastLines) {
            $0.int2(shard)
            $0.int8Array(logging.map(\.report.id.rawValue))
            $0.int8Array(logging.map(\.lease.rawValue))
        }
        guard last.rowCount == logging.count else { throw .unreadable("the last lines of jobs") }
        var lines: [JobLogLine] = []
        for (row, (report, lease)) in logging.enumerated() {
            let before = Int(last.int4(row, 0))
            for (index, line) in report.lines.prefix(max(0, Self.outsideLinesMax - before)).enumerated() {
                lines.append(
                    JobLogLine(
                        id: report.id,
                        lease: lease,
                        line: Int32(before + 1 + index),
                        level: line.level,
                        message: line.message
                    )
                )
            }
        }
        return lines
    }
}
