import TestSupport
import Testing
import TuskCore
import TuskStore

@testable import TuskAPI

struct PreferWaitTests {
    private static func prefer(_ value: String) -> [(String, String)] { [("Prefer", value)] }

    @Test(arguments: [#"{"kind":"noop"}"#, #"{"kind":"noop","unique":{"key":"k"}}"#], [nil, "key-1"])
    func `an enqueue that would wait is answered with the job that ended`(_ body: String, _ key: String?) async throws {
        try await withAPI { api in
            let headers = Self.prefer("respond-async, Wait = 20") + (key.map { [("Idempotency-Key", $0)] } ?? [])
            let client = try TestClient(api.address)
            try client.send(api.request("POST", "/v1/jobs", body, headers: headers).bytes)
            try await eventually(within: .seconds(20), "the job is there") { try api.jobCount() == 1 }
            let claim = try api.claimed()
            _ = try api.settle(claim.lease, [(claim.ids[0], #""outcome":"completed","result":{"rows":3}"#)])
            let answer = try client.answer()
            #expect(answer.status == 200 && answer["preference-applied"] == "wait=20")
            #expect(answer["location"] == "/v1/jobs/\(claim.ids[0])")
            #expect(try answer.string("state") == "completed")
            #expect(try answer.json.member("result").map { JSONText($0).text } == #"{"rows":3}"#)
            guard key != nil else { return }
            // Repeated, it tells of the same job, however long ago that ended.
            try api.database.script("update tusk.outcome set finished_at = now() - interval '1 hour'")
            let again = try api.ask("POST", "/v1/jobs", body, headers: headers)
            #expect(try again.status == 200 && again.string("id") == claim.ids[0])
        }
    }

    @Test func `when the job has not ended in time the answer is 202, and a drain ends the wait`() async throws {
        try await withAPI { api in
            let start = ContinuousClock.now
            let late = try api.ask("POST", "/v1/jobs", #"{"kind":"noop"}"#, headers: Self.prefer("wait=1"))
            #expect(late.status == 202 && start.duration(to: .now) >= .seconds(1))
            #expect(try late.string("state") == "available")
            let client = try TestClient(api.address)
            try client.send(api.request("POST", "/v1/jobs", #"{"kind":"noop"}"#, headers: Self.prefer("wait=99")).bytes)
            try await eventually(within: .seconds(20), "the job is there") { try api.jobCount() == 2 }
            api.api.drain()
            let drained = try client.answer()
            // Whether it began to wait before the drain or not.
            #expect(drained.status == 202 || drained.status == 201)
        }
    }

    @Test func `a job that was discarded ends the wait too`() async throws {
        try await withAPI { api in
            let client = try TestClient(api.address)
            try client.send(api.request("POST", "/v1/jobs", #"{"kind":"noop"}"#, headers: Self.prefer("wait=99")).bytes)
            try await eventually(within: .seconds(20), "the job is there") { try api.jobCount() == 1 }
            let claim = try api.claimed()
            _ = try api.settle(claim.lease, [(claim.ids[0], #""outcome":"discarded","error":"no""#)])
            let answer = try client.answer()
            #expect(answer.status == 200 && answer["preference-applied"] == "wait=30")
            #expect(try answer.string("state") == "discarded" && answer.string("error") == "no")
        }
    }

    @Test(arguments: ["wait=0", "wait=-1", "wait=x", "wait", "waits=9", "wait=1.5", ""])
    func `a preference that cannot be followed is passed over`(_ value: String) async throws {
        try await withAPI { api in
            let answer = try api.ask("POST", "/v1/jobs", #"{"kind":"noop"}"#, headers: Self.prefer(value))
            #expect(answer.status == 201 && answer["preference-applied"] == nil)
        }
    }

    @Test func `beyond the limit of those who wait the answer comes at once`() async throws {
        try await withAPI(configure: { $0.waitingResultsMax = 0 }) { api in
            let answer = try api.ask("POST", "/v1/jobs", #"{"kind":"noop"}"#, headers: Self.prefer("wait=20"))
            #expect(answer.status == 201)
        }
    }
}
