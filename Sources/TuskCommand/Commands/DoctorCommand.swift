import TuskAPI
import TuskCore
import TuskStore
import TuskTelemetry

/// `tusk doctor`.
enum DoctorCommand {
    /// From this difference between the clocks on something is wrong with one of them.
    private static let skewMax = Duration.seconds(2)

    static let all = [
        Command(
            path: ["doctor"],
            summary: "says what is wrong with the server, the schema and the processes, and what mends it",
            details: "Ends with 0 when nothing is bad, else with 1. bad needs somebody now, warning soon, note is as"
                + " somebody wanted it. The same in SQL: select * from tusk.doctor().",
            examples: ["tusk doctor", "tusk doctor -o json"],
            body: run
        )
    ]

    private static func run(_ context: CommandContext) throws(CommandError) -> ExitCode {
        var (findings, moment) = try context.database().with { session throws(StoreError) in try session.examine() }
        let here = Timestamp(microseconds: WallClock.now())
        if let finding = Self.skew(of: moment, from: here) { findings.append(finding) }
        try context.console.show(
            findings,
            as: "findings",
            object: { finding in JSONWriter.object { $0.members(of: finding) } },
            table: { table(findings) },
            empty: "Nothing is wrong."
        )
        return findings.contains { $0.severity == .bad } ? .failure : .success
    }

    private static func table(_ findings: [Finding]) -> Table {
        var table = Table([
            Table.Column(title: "SEVERITY"), Table.Column(title: "WHAT"), Table.Column(title: "MENDED BY"),
        ])
        for finding in findings {
            table.add(
                Table.Cell(finding.severity.rawValue, finding.severity == .bad ? .bad : .busy),
                Table.Cell(finding.message),
                Table.Cell(finding.remedy)
            )
        }
        return table
    }

    /// Jobs become due by the server's clock, logs are written by this one.
    static func skew(of server: Timestamp, from here: Timestamp) -> Finding? {
        let microseconds = here.microseconds - server.microseconds
        guard abs(microseconds) > skewMax.microseconds else { return nil }
        let seconds = Double(abs(microseconds)) / 1e6
        let word = microseconds > 0 ? "ahead of" : "behind"
        return Finding(
            .warning,
            "clock_skew",
            "the clock of this machine is \(Double(Int(seconds * 10)) / 10) s \(word) that of the server",
            remedy: "let both follow NTP: timedatectl set-ntp true"
        )
    }
}
