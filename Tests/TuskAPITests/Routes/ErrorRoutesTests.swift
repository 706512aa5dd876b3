import TestSupport
import Testing
import TuskCore
import TuskStore

struct ErrorRoutesTests {
    @Test func `discarded jobs are shown in groups, which a query narrows`() async throws {
        try await withAPI { api in
            let none = try api.ask("GET", "/v1/errors")
            #expect(none.text == #"{"errors":[],"examined":0,"examined_max":20000}"#)
            let ids = try api.discard(["row 17: no \"id\"", "row 4021: no \"name\"", "disk full"])
            let answer = try api.ask("GET", "/v1/errors")
            let groups = try #require(try answer.json.member("errors")?.elements.map { $0 })
            #expect(groups.map { $0.member("message")?.string } == ["row ?: no ?", "disk full"])
            #expect(groups.map { $0.member("count")?.int64 } == [2, 1])
            #expect(groups.map { $0.member("reason")?.string } == ["attempts", "attempts"])
            #expect(groups[0].member("newest_job")?.string == ids[1])
            #expect(groups.allSatisfy { $0.member("first_at") != nil && $0.member("last_at") != nil })
            #expect(try answer.json.member("examined")?.int64 == 3)

            let fingerprint = try #require(groups[1].member("fingerprint")?.string)
            let narrow = try api.ask("GET", "/v1/errors?kind=noop&reason=attempts&fingerprint=\(fingerprint)")
            #expect(try narrow.json.member("errors")?.elements.map { $0.member("count")?.int64 } == [1])
            let other = try api.ask("GET", "/v1/errors?queue=mail")
            #expect(try other.json.member("errors")?.elements.map { $0 }.count == 0)
            let first = try api.ask("GET", "/v1/errors?page_size=1")
            #expect(try first.json.member("errors")?.elements.map { $0.member("count")?.int64 } == [2])
        }
    }

    @Test(arguments: [
        "page_size=0", "page_size=1001", "kind=a%20b", "queue=", "reason=a%20b", "fingerprint=ABC",
        "fingerprint=0123456789abcdeF", "state=discarded",
    ])
    func `what is wrong in the query is refused by name`(query: String) async throws {
        try await withAPI { api in
            let answer = try api.ask("GET", "/v1/errors?\(query)")
            #expect(answer.status == 400)
            #expect(answer.text.contains("\"parameter\":\"\(query.prefix { $0 != "=" })\""))
        }
    }
}

extension APIFixture {
    /// Enqueues a job of the kind `noop` for each error, and discards it with that.
    func discard(_ errors: [String]) throws -> [String] {
        let ids = try errors.map { _ in try enqueue() }
        try working { session, worker in
            for (job, error) in zip(try claim(session, worker), errors) {
                let entry = SettleEntry(job, .discard, startedAgo: .milliseconds(5), reason: "attempts", error: error)
                _ = try session.settle([entry], worker: worker)
            }
        }
        return ids
    }
}
