import TestSupport
import Testing
import TuskCore
import TuskStore

struct StatsRoutesTests {
    @Test func `a series shows what was settled over HTTP, with percentiles`() async throws {
        try await withAPI { api in
            _ = try api.enqueue()
            let claim = try api.claimed()
            let outcomes = claim.ids.map { #"{"id":"\#($0)","outcome":"completed"}"# }.joined(separator: ",")
            let settled = try api.ask("POST", "/v1/claims/\(claim.lease):settle", #"{"outcomes":[\#(outcomes)]}"#)
            #expect(settled.status == 200)
            let answer = try api.ask("GET", "/v1/stats/series?queue=default&period_seconds=3600")
            #expect(answer.status == 200)
            let points = try #require(try answer.json.member("points")).elements.map { $0 }
            #expect(points.count == 1 && points[0].member("completed")?.int64 == 1)
            #expect(points[0].member("run_seconds")?.member("p95") != nil)
            let none = try api.ask("GET", "/v1/stats/series?queue=other")
            #expect(try none.json.member("points")?.elements.map { $0 }.isEmpty == true)
        }
    }

    @Test(arguments: [
        "queue=a%20b", "period_seconds=59", "period_seconds=604801", "period_seconds=x", "step_seconds=90",
        "step_seconds=0", "period_seconds=604800&step_seconds=60",
    ])
    func `what is out of range is refused by its name`(_ query: String) async throws {
        try await withAPI { api in
            let answer = try api.ask("GET", "/v1/stats/series?\(query)")
            #expect(answer.status == 400)
            #expect(answer.text.contains(query.split(separator: "&").last?.split(separator: "=")[0] ?? "?"))
        }
    }
}
