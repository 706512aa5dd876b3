import Dispatch
import Synchronization
import TestSupport
import Testing
import TuskCore

/// Unique jobs over HTTP: what a client is told.
struct UniqueJobTests {
    private static let job = #"{"kind":"sync","args":{"customer":7},"unique":{"args":["/customer"]}}"#

    @Test func `the second of its key is answered with the first`() async throws {
        try await withAPI { api in
            let first = try api.ask("POST", "/v1/jobs", Self.job)
            #expect(first.status == 201)
            #expect(try first.json.member("deduplicated") == nil)
            let second = try api.ask("POST", "/v1/jobs", Self.job)
            #expect(second.status == 200)
            #expect(try second.string("id") == first.string("id"))
            #expect(second["location"] == first["location"])
            #expect(try second.json.member("deduplicated")?.bool == true)
            #expect(try api.jobCount() == 1)
        }
    }

    @Test func `64 requests at once with one key make one job`() async throws {
        try await withAPI { api in
            let statuses = Mutex<[Int: Int]>([:])
            DispatchQueue.concurrentPerform(iterations: 64) { _ in
                let status = (try? api.ask("POST", "/v1/jobs", Self.job).status) ?? 0
                statuses.withLock { $0[status, default: 0] += 1 }
            }
            #expect(statuses.withLock(\.self) == [201: 1, 200: 63])
            let jobCount = try api.jobCount()
            #expect(jobCount == 1)
        }
    }

    @Test func `a conflict is refused when it should be, and names the job that is there`() async throws {
        try await withAPI { api in
            let job = #"{"kind":"sync","unique":{"key":"k","on_conflict":"reject"}}"#
            let first = try api.ask("POST", "/v1/jobs", job)
            #expect(first.status == 201)
            let second = try api.ask("POST", "/v1/jobs", job)
            #expect(second.status == 409)
            #expect(try second.problem == "unique-conflict")
            let id = try #require(try first.string("id"))
            #expect(try second.string("detail")?.contains(id) == true)
            let bulk = try api.ask("POST", "/v1/jobs:bulk", #"{"jobs":[{"kind":"noop"},\#(job)]}"#)
            #expect(bulk.status == 409)
            #expect(try bulk.problem == "unique-conflict")
            #expect(try api.jobCount() == 1)
        }
    }

    @Test func `lines of a stream are judged by themselves`() async throws {
        try await withAPI { api in
            let reject = #"{"kind":"sync","unique":{"key":"k","on_conflict":"reject"}}"#
            let lines = [reject, #"{"kind":"noop"}"#, reject, #"{"kind":"sync","unique":{"key":"k"}}"#]
            let headers = [("Content-Type", "application/x-ndjson")]
            let answer = try api.ask("POST", "/v1/jobs:bulk", lines.joined(separator: "\n"), headers: headers)
            let statuses = answer.text.split(separator: "\n").map { line in
                line.split(separator: #""status":"#).last.map { String($0.prefix(3)) }
            }
            #expect(statuses == ["201", "201", "409", "200"])
            #expect(try api.jobCount() == 2)
        }
    }

    @Test func `a replaced job says so`() async throws {
        try await withAPI { api in
            let unique = #""unique":{"key":"k","on_conflict":"replace","replace":["args"]}"#
            _ = try api.ask("POST", "/v1/jobs", #"{"kind":"sync","args":1,\#(unique)}"#)
            let second = try api.ask("POST", "/v1/jobs", #"{"kind":"sync","args":2,\#(unique)}"#)
            #expect(second.status == 200)
            #expect(try second.json.member("replaced")?.bool == true)
            let id = try #require(try second.string("id"))
            #expect(try api.ask("GET", "/v1/jobs/\(id)").json.member("args")?.int64 == 2)
        }
    }
}
