import Foundation
import TestSupport
import Testing

@testable import TuskCommand

/// An API, a worker and a scheduler in their roles, and what they are made to do.
struct RoleFleet: Sendable {
    let roles: RoleDatabase
    private let api: TuskProcess
    private let worker: TuskProcess
    private let scheduler: TuskProcess
    private let client: DeployClient

    private static let commands = #"""
        [commands.tell]
        command = ["/bin/echo", "-e", "{\"log\": \"x\"}\\n{\"progress\": 0.4}\\n{\"checkpoint\": 1}"]
        [commands.fail]
        command = ["/bin/false"]
        """#

    init(_ roles: RoleDatabase) async throws {
        self.roles = roles
        let log = ["--log-format", "logfmt", "-v"]
        let file = "/tmp/tusk-roles-\(UUID().uuidString.prefix(8)).toml"
        try Self.commands.write(toFile: file, atomically: true, encoding: .utf8)
        defer { Files.remove(file) }
        scheduler = try TuskProcess(["scheduler"] + log, environment: roles.environment(.scheduler))
        api = try TuskProcess(["api", "--listen", "127.0.0.1:0"] + log, environment: roles.environment(.api))
        worker = try TuskProcess(
            ["worker", "--queues", "default,other", "--lease-time", "1s", "--config", file] + log,
            environment: roles.environment(.worker)
        )
        for process in [scheduler, api, worker] { try await process.says("message=started") }
        client = try await DeployClient(
            api.errors.firstMatch(of: /api=(http:\S+)/).map { String($0.1) } ?? "",
            environment: roles.environment(.api)
        )
    }

    /// Runs a command in the role of the API, which is that of people too.
    @discardableResult
    private func tusk(_ line: String...) async throws -> String {
        let ended = try await TuskProcess.run(line + ["-q"], environment: roles.environment(.api))
        #expect(ended.status == 0, "\(line): \(ended.errors)")
        return ended.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func job(_ fields: String) async throws -> String {
        let answer = try await client.post("/v1/jobs", "{\(fields)}")
        return try #require(answer.firstMatch(of: /"id":"(\d+)"/).map { String($0.1) }, "\(answer)")
    }

    private func becomes(_ state: String, _ ids: String...) async throws {
        let list = ids.joined(separator: ", ")
        let count = "select count(*) from tusk.jobs as job where job.id in (\(list)) and job.state = '\(state)'"
        try await eventually(within: .seconds(30), "\(state): \(ids); \(worker.errors)\(scheduler.errors)") {
            try roles.database.number(count) == ids.count
        }
    }

    /// Limits, rates, a breaker, order, unique and fair keys, and ageing; logs, progress and a cursor.
    func runsWhatLimitsHoldBack() async throws {
        try await tusk("limit", "set", "tenant:7", "1", "--rate", "50/1s", "--burst", "2", "--breaker", "2/1s")
        try await tusk("limit", "set", "class:*", "2")
        try await tusk("queue", "set", "other", "--ageing", "1s")
        var ids: [String] = []
        for number in 1...3 {
            let keys = #""limits":["tenant:7","class:a"],"order":"customer:1","unique":{"args":["/n"]}"#
            ids.append(try await job(#""kind":"tell","queue":"other","args":{"n":\#(number)},\#(keys)"#))
        }
        let fair = try await job(#""kind":"tusk.noop","fair_key":"tenant:1""#)
        let fairer = try await job(#""kind":"tusk.noop","fair_key":"tenant:2","limits":["tenant:7"]"#)
        let failing = try await job(#""kind":"fail","max_attempts":2,"retry":{"policy":"fixed","delay_seconds":1}"#)
        try await becomes("completed", ids[0], ids[1], ids[2], fair, fairer)
        #expect(try roles.database.number("select count(*) from tusk.job_log") >= 3)
        #expect(try roles.database.number("select count(*) from tusk.progress") >= 3)
        try await becomes("discarded", failing)
        try await tusk("job", "retry", failing)
        try await becomes("discarded", failing)
    }

    /// Delays, deadlines of starts, and a schedule.
    func runsWhatIsScheduled() async throws {
        let delayed = try await job(#""kind":"tusk.noop","delay_seconds":1,"start_within_seconds":60"#)
        try await tusk("queue", "pause", "late")
        let late = try await job(#""kind":"tusk.noop","queue":"late","start_within_seconds":1"#)
        try await tusk("schedule", "add", "often", "--cron", "@every 1s", "--kind", "tusk.echo")
        try await becomes("completed", delayed)
        try await becomes("discarded", late)
        try await eventually(within: .seconds(30), "a job of the schedule; \(scheduler.errors)") {
            try roles.database.number(
                "select count(*) from tusk.jobs as job where job.kind = 'tusk.echo' and job.state = 'completed'"
            ) > 0
        }
        try await tusk("schedule", "pause", "often")
    }

    /// Claims over HTTP, with reports, heartbeats and outcomes.
    func settlesOverHTTP() async throws {
        let jobs = [
            try await job(#""kind":"remote","queue":"http","limits":["tenant:7"],"order":"o""#),
            try await job(#""kind":"remote","queue":"http""#),
        ]
        let ask = #"{"kinds":["remote"],"queues":["http"],"max_jobs":5,"wait_seconds":5}"#
        for _ in 0..<2 {
            let claim = try await client.post("/v1/claims", ask)
            let lease = try #require(claim.firstMatch(of: /"lease":"([0-9a-f]+)"/).map { String($0.1) }, "\(claim)")
            let ids = claim.matches(of: /\{"id":"(\d+)"/).map { String($0.1) }
            for id in ids {
                let report = #"{"reports":[{"id":"\#(id)","progress":0.5,"logs":[{"level":"info","message":"x"}]}]}"#
                #expect(try await client.post("/v1/claims/\(lease):report", report).contains("lost"))
            }
            #expect(try await client.post("/v1/claims/\(lease):heartbeat", "").contains("expires_at"))
            let outcomes = ids.map { #"{"id":"\#($0)","outcome":"completed","result":1}"# }.joined(separator: ",")
            let settled = try await client.post("/v1/claims/\(lease):settle", "{\"outcomes\":[\(outcomes)]}")
            #expect(settled.contains("\"state\":\"completed\""), "\(settled)")
            if ids.count == 2 { break }
        }
        try await becomes("completed", jobs[0], jobs[1])
    }

    /// A worker that dies, and the last attempt elsewhere; a job that is told to stop.
    func rescues() async throws {
        let doomed = try TuskProcess(
            ["worker", "--queues", "doomed", "--lease-time", "1s"],
            environment: roles.environment(.worker)
        )
        let id = try await job(#""kind":"tusk.sleep","queue":"doomed","args":{"seconds":600}"#)
        let stopped = try await job(#""kind":"tusk.sleep","args":{"seconds":600}"#)
        try await becomes("running", id, stopped)
        doomed.send(SIGKILL)
        try await becomes("available", id)
        try await tusk("job", "edit", id, "--queue", "moved", "--priority", "1", "--tag", "moved")
        try await tusk("job", "cancel", stopped)
        try await becomes("cancelled", stopped)
        try await tusk("job", "cancel", id)
    }

    /// The path that KEDA follows in the answer of the API leads to the number of available jobs.
    func answersKEDA() async throws {
        let path = try #require(
            DeployFile.text("deploy/kubernetes/keda-api.yaml")
                .firstMatch(of: /valueLocation: (\w+)\.#\((\w+)=="(\w+)"\)\.(\w+)/)
        )
        try await tusk("queue", "pause", String(path.3))
        let before = try await number(path)
        for _ in 0..<2 { _ = try await job(#""kind":"tusk.noop","queue":"\#(path.3)""#) }
        #expect(try await number(path) == before + 2)
        try await tusk("queue", "resume", String(path.3))
    }

    private typealias Path = Regex<(Substring, Substring, Substring, Substring, Substring)>.Match

    private func number(_ path: Path) async throws -> Int {
        let answer = try await client.get("/v1/queues")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [String: Any])
        let list = try #require(object[String(path.1)] as? [[String: Any]], "\(answer)")
        let member = try #require(list.first { $0[String(path.2)] as? String == String(path.3) }, "\(answer)")
        return try #require(member[String(path.4)] as? Int, "\(member)")
    }

    /// Keys, limits, queues and schedules are changed and shown.
    func changesWhatOperatorsChange() async throws {
        try await tusk("limit", "remove", "class:*")
        try await tusk("queue", "resume", "late")
        try await tusk("schedule", "rm", "often")
        for line in [["queue", "list"], ["limit", "list"], ["order", "list"], ["worker", "list"], ["key", "list"]] {
            let ended = try await TuskProcess.run(line, environment: roles.environment(.api))
            #expect(ended.status == 0, "\(line): \(ended.errors)")
        }
        let doctor = try await TuskProcess.run(["doctor"], environment: roles.environment(.api))
        // What else it finds is the server's, which others use too.
        #expect([0, 1].contains(doctor.status) && !doctor.errors.contains("permission denied"), "\(doctor.errors)")
        #expect(try await client.get("/v1/queues").contains("\"name\":\"late\""))
        #expect(try await client.get("/v1/doctor").contains("findings"))
        #expect(try await client.get("/v1/queues/other/explain").contains("\"queue\""))
    }

    /// All drain, and nobody was refused anything.
    func endsWithoutComplaint() async throws {
        for process in [worker, api, scheduler] {
            process.send(SIGTERM)
            let ended = try await process.end(within: .seconds(30))
            #expect(ended.status == 0)
            #expect(!ended.errors.contains("42501"), "\(ended.errors)")
            #expect(!ended.errors.contains("level=error"), "\(ended.errors)")
        }
    }
}
