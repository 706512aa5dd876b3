import TestSupport
import Testing
import TuskAPI
import TuskPostgres
import TuskStore

struct IdempotencyTests {
    private let body = #"{"kind":"pay","args":{"amount":100},"delay_seconds":0}"#

    @Test func `a repetition gets the same bytes and makes no second job`() async throws {
        try await withAPI { api in
            let headers = [("Idempotency-Key", "\"order 7\"")]
            let first = try api.ask("POST", "/v1/jobs", body, headers: headers)
            #expect(first.status == 201)
            #expect(first["idempotency-replayed"] == nil)
            for _ in 0..<3 {
                let again = try api.ask("POST", "/v1/jobs", body, headers: headers)
                #expect(again.status == 201)
                #expect(again.body == first.body)
                #expect(again["location"] == first["location"])
                #expect(again["idempotency-replayed"] == "true")
            }
            #expect(try api.jobCount() == 1)
        }
    }

    @Test func `the answer stays the same whatever became of the job`() async throws {
        try await withAPI { api in
            let later = #"{"kind":"pay","run_at":"2199-01-01T00:00:00Z"}"#
            let headers = [("Idempotency-Key", "k")]
            let first = try api.ask("POST", "/v1/jobs", later, headers: headers)
            let id = try #require(try first.string("id"))
            #expect(try api.ask("POST", "/v1/jobs/\(id):cancel").status == 200)
            let again = try api.ask("POST", "/v1/jobs", later, headers: headers)
            #expect(again.body == first.body)
            #expect(try again.string("state") == "scheduled")
        }
    }

    @Test func `the same key for something else is refused`() async throws {
        try await withAPI { api in
            let headers = [("Idempotency-Key", "k")]
            _ = try api.ask("POST", "/v1/jobs", body, headers: headers)
            let other = try api.ask("POST", "/v1/jobs", #"{"kind":"pay"}"#, headers: headers)
            #expect(other.status == 422)
            #expect(try other.problem == "idempotency-mismatch")
            #expect(try api.jobCount() == 1)
        }
    }

    @Test func `another key holder's key is another key`() async throws {
        try await withAPI { api in
            let headers = [("Idempotency-Key", "k")]
            let stranger = try api.key([.enqueue])
            let first = try api.ask("POST", "/v1/jobs", body, headers: headers)
            let second = try api.ask("POST", "/v1/jobs", body, headers: headers, token: stranger.text)
            #expect(second.status == 201)
            #expect(second["idempotency-replayed"] == nil)
            #expect(try second.string("id") != first.string("id"))
        }
    }

    @Test func `a request that is refused does not use up its key`() async throws {
        try await withAPI { api in
            let headers = [("Idempotency-Key", "k")]
            #expect(try api.ask("POST", "/v1/jobs", #"{"kind":"a b"}"#, headers: headers).status == 422)
            let answer = try api.ask("POST", "/v1/jobs", body, headers: headers)
            #expect(answer.status == 201)
            #expect(answer["idempotency-replayed"] == nil)
        }
    }

    @Test func `of 64 requests at once with one key one makes a job`() async throws {
        try await withAPI { api in
            let headers = [("Idempotency-Key", "k")]
            let clients = try (0..<64).map { _ in try TestClient(api.address) }
            let request = api.request("POST", "/v1/jobs", body, headers: headers)
            for client in clients { try client.send(request.bytes) }
            let answers = try clients.map { try $0.answer() }
            let accepted = answers.filter { $0.status == 201 }
            #expect(Set(accepted.map(\.body)).count == 1)
            #expect(accepted.filter { $0["idempotency-replayed"] == nil }.count == 1)
            for answer in answers where answer.status != 201 {
                #expect(answer.status == 409)
                #expect(try answer.problem == "idempotency-in-flight")
                #expect(answer["retry-after"] == "1")
            }
            #expect(try api.jobCount() == 1)
        }
    }

    @Test func `a key whose first request is open elsewhere is in flight, and holds up nobody`() async throws {
        try await withAPI { api in
            let headers = [("Idempotency-Key", "k")]
            let first = try api.ask("POST", "/v1/jobs", body, headers: headers)
            let session = try api.database.session()
            defer { session.close() }
            let number = try api.database.number(
                "select ('x' || encode(substr(key_hash, 1, 8), 'hex'))::bit(64)::bigint from tusk.idempotency"
            )
            try session.script("begin; select pg_advisory_xact_lock(\(number))")
            #expect(try api.ask("POST", "/v1/jobs", body, headers: headers).status == 409)
            #expect(try api.ask("POST", "/v1/jobs", body, headers: [("Idempotency-Key", "other")]).status == 201)
            try session.script("rollback")
            #expect(try api.ask("POST", "/v1/jobs", body, headers: headers).body == first.body)
        }
    }

    @Test func `a bulk request has one key for the whole`() async throws {
        try await withAPI { api in
            let headers = [("Idempotency-Key", "k")]
            let bulk = #"{"jobs":[{"kind":"a"},{"kind":"b","run_at":"2199-01-01T00:00:00Z"}]}"#
            let first = try api.ask("POST", "/v1/jobs:bulk", bulk, headers: headers)
            let again = try api.ask("POST", "/v1/jobs:bulk", bulk, headers: headers)
            #expect(first.status == 201)
            #expect(again.status == 201)
            #expect(again.body == first.body)
            #expect(again["idempotency-replayed"] == "true")
            let other = try api.ask("POST", "/v1/jobs:bulk", #"{"jobs":[{"kind":"a"}]}"#, headers: headers)
            #expect(try other.problem == "idempotency-mismatch")
            #expect(try api.jobCount() == 2)
        }
    }
}
