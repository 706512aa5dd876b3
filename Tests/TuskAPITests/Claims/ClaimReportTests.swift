import TestSupport
import Testing
import TuskCore

/// How far jobs are and what they log, as programs say it over HTTP.
struct ClaimReportTests {
    @Test func `progress and lines are stored under the lease, in order, and the claim lives on`() async throws {
        try await withAPI { api in
            let ids = try (0..<2).map { _ in try api.enqueue(#"{"kind":"noop"}"#) }
            let claim = try api.claimed()
            try api.database.script("update tusk.worker set heartbeat_at = now() - interval '20 s'")
            let first = try api.report(
                claim.lease,
                #"{"id":"\#(ids[0])","progress":0.25,"message":"a","logs":[{"message":"one"},"#
                    + #"{"level":"error","message":"two"}]},{"id":"\#(ids[1])","progress":1},{"id":"424960"}"#
            )
            #expect(first.status == 200, "\(first.text)")
            #expect(try first.json.member("lost")?.elements.map { $0.string } == ["424960"])
            #expect(try first.json.member("expires_at")?.string != nil)
            let alive = "select count(*) from tusk.worker where heartbeat_at > now() - interval '9 s'"
            #expect(try api.database.number(alive) == 1)
            let second = #"{"id":"\#(ids[0])","progress":0.5,"logs":[{"level":"debug","message":"three"}]}"#
            #expect(try api.report(claim.lease, second).status == 200)
            let job = try api.ask("GET", "/v1/jobs/\(ids[0])?include=logs").json
            #expect(job.member("progress")?.member("fraction")?.double == 0.5)
            let lines = "select line || ':' || level || ':' || message from tusk.job_log order by line"
            #expect(try api.database.texts(lines) == ["1:6:one", "2:3:two", "3:7:three"])
            // Once it is settled nothing more is taken of it.
            _ = try api.settle(claim.lease, [(ids[0], #""outcome":"completed""#)])
            let late = try api.report(claim.lease, #"{"id":"\#(ids[0])","progress":0.1,"logs":[{"message":"late"}]}"#)
            #expect(late.status == 200)
            #expect(try api.database.number("select count(*) from tusk.job_log") == 3)
        }
    }

    @Test func `a lease that is over, or another key's, stores nothing`() async throws {
        try await withAPI { api in
            let id = try api.enqueue(#"{"kind":"noop"}"#)
            let claim = try api.claimed()
            let report = #"{"id":"\#(id)","progress":0.5,"logs":[{"message":"x"}]}"#
            let other = String(repeating: "0a", count: 32)
            #expect(try api.report(other, report).status == 409)
            _ = try api.settle(claim.lease, [(id, #""outcome":"completed""#)])
            let over = try api.report(claim.lease, report)
            #expect(over.status == 409)
            #expect(try over.problem == "lease-lost")
            #expect(try api.database.number("select count(*) from tusk.job_log") == 0)
            #expect(try api.database.number("select count(*) from tusk.progress") == 0)
        }
    }

    @Test(arguments: [
        (#""id":7"#, "#/reports/0/id"), (#""id":"x""#, "#/reports/0/id"), (#""progress":1"#, "#/reports/0/id"),
        (#""id":"1","progress":1.5"#, "#/reports/0/progress"), (#""id":"1","message":"x""#, "#/reports/0/message"),
        (#""id":"1","logs":{}"#, "#/reports/0/logs"), (#""id":"1","logs":[{}]"#, "#/reports/0/logs/0/message"),
        (#""id":"1","logs":[{"message":"x","level":"loud"}]"#, "#/reports/0/logs/0/level"),
        (#""id":"1","log":[]"#, "#/reports/0/log"), (#""id":"1"},{"id":"1""#, "#/reports/1/id"),
    ])
    func `bad input names its field`(_ fields: String, _ pointer: String) async throws {
        try await withAPI { api in
            let answer = try api.report(String(repeating: "0a", count: 32), "{\(fields)}")
            #expect(answer.status == 422)
            #expect(answer.text.contains("\"\(pointer)\""), "\(answer.text)")
        }
    }

    @Test func `too many lines or jobs are refused as a whole`() async throws {
        try await withAPI { api in
            let id = try api.enqueue(#"{"kind":"noop"}"#)
            let claim = try api.claimed()
            let lines = Array(repeating: #"{"message":"x"}"#, count: 1001).joined(separator: ",")
            #expect(try api.report(claim.lease, #"{"id":"\#(id)","logs":[\#(lines)]}"#).status == 422)
            let jobs = (1...101).map { #"{"id":"\#($0)"}"# }.joined(separator: ",")
            #expect(try api.report(claim.lease, jobs).status == 422)
            #expect(try api.database.number("select count(*) from tusk.job_log") == 0)
        }
    }
}

extension APIFixture {
    /// Sends reports, which are JSON objects with commas between them.
    fileprivate func report(_ lease: String, _ reports: String) throws -> TestAnswer {
        try ask("POST", "/v1/claims/\(lease):report", #"{"reports":[\#(reports)]}"#)
    }
}
