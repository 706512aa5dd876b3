import TestSupport
import Testing
import TuskCore

struct ClaimBadInputTests {
    private static let lease = String(repeating: "0a", count: 32)
    private static let long = String(repeating: "x", count: 65_536)
    private static let names = (0...100).map { #""k\#($0)""# }.joined(separator: ",")

    private static let outcomes = (1...101).map { #"{"id":"\#($0)","outcome":"released"}"# }.joined(separator: ",")

    private static func claim(_ body: String, _ pointer: String, _ code: String) -> BadRequest {
        BadRequest(path: "/v1/claims", body: body, status: 422, problem: "validation", pointer: pointer, code: code)
    }

    private static func settle(_ body: String, _ pointer: String, _ code: String) -> BadRequest {
        let path = "/v1/claims/\(lease):settle"
        return BadRequest(path: path, body: body, status: 422, problem: "validation", pointer: pointer, code: code)
    }

    private static func outcome(_ fields: String, _ pointer: String, _ code: String) -> BadRequest {
        settle(#"{"outcomes":[{\#(fields)}]}"#, "#/outcomes/0" + pointer, code)
    }

    static let claims: [BadRequest] = [
        claim("{}", "#/kinds", "required"),
        claim("[]", "#", "wrong_type"),
        claim(#"{"kinds":"a"}"#, "#/kinds", "wrong_type"),
        claim(#"{"kinds":[]}"#, "#/kinds", "out_of_range"),
        claim(#"{"kinds":["a","b c"]}"#, "#/kinds/1", "invalid_name"),
        claim(#"{"kinds":["a","a"]}"#, "#/kinds/1", "duplicate"),
        claim(#"{"kinds":[\#(names)]}"#, "#/kinds", "too_many"),
        claim(#"{"kinds":["a"],"queues":[]}"#, "#/queues", "out_of_range"),
        claim(#"{"kinds":["a"],"queues":[7]}"#, "#/queues/0", "invalid_name"),
        claim(#"{"kinds":["a"],"queues":[\#(names)]}"#, "#/queues", "too_many"),
        claim(#"{"kinds":["a"],"max_jobs":0}"#, "#/max_jobs", "out_of_range"),
        claim(#"{"kinds":["a"],"max_jobs":101}"#, "#/max_jobs", "out_of_range"),
        claim(#"{"kinds":["a"],"max_jobs":"5"}"#, "#/max_jobs", "wrong_type"),
        claim(#"{"kinds":["a"],"wait_seconds":-1}"#, "#/wait_seconds", "out_of_range"),
        claim(#"{"kinds":["a"],"wait_seconds":30.5}"#, "#/wait_seconds", "out_of_range"),
        claim(#"{"kinds":["a"],"lease_seconds":4}"#, "#/lease_seconds", "out_of_range"),
        claim(#"{"kinds":["a"],"lease_seconds":3601}"#, "#/lease_seconds", "out_of_range"),
        claim(#"{"kinds":["a"],"worker":"a b"}"#, "#/worker", "invalid_name"),
        claim(#"{"kinds":["a"],"wait":1}"#, "#/wait", "unknown_field"),
    ]

    static let settlements: [BadRequest] = [
        settle("{}", "#/outcomes", "required"),
        settle(#"{"outcomes":{}}"#, "#/outcomes", "wrong_type"),
        settle(#"{"outcomes":[]}"#, "#/outcomes", "out_of_range"),
        settle(#"{"outcomes":[\#(outcomes)]}"#, "#/outcomes", "too_many"),
        outcome(#""outcome":"completed""#, "/id", "required"),
        outcome(#""id":"1""#, "/outcome", "required"),
        outcome(#""id":1,"outcome":"completed""#, "/id", "wrong_type"),
        outcome(#""id":"01","outcome":"completed""#, "/id", "out_of_range"),
        outcome(#""id":"1","outcome":"done""#, "/outcome", "unknown_value"),
        outcome(#""id":"1","outcome":7"#, "/outcome", "wrong_type"),
        outcome(#""id":"1","outcome":"completed","error":"e""#, "/error", "conflicting_fields"),
        outcome(#""id":"1","outcome":"failed","result":1"#, "/result", "conflicting_fields"),
        outcome(#""id":"1","outcome":"discarded","retry_in_seconds":1"#, "/retry_in_seconds", "conflicting_fields"),
        outcome(#""id":"1","outcome":"released","error":"e""#, "/error", "conflicting_fields"),
        outcome(#""id":"1","outcome":"snoozed""#, "/retry_in_seconds", "required"),
        outcome(#""id":"1","outcome":"failed","retry_in_seconds":-1"#, "/retry_in_seconds", "out_of_range"),
        outcome(#""id":"1","outcome":"failed","error":7"#, "/error", "wrong_type"),
        outcome(#""id":"1","outcome":"completed","result":"\#(long)""#, "/result", "too_large"),
        outcome(#""id":"1","outcome":"completed","x":1"#, "/x", "unknown_field"),
        settle(
            #"{"outcomes":[{"id":"1","outcome":"released"},{"id":"1","outcome":"released"}]}"#,
            "#/outcomes/1/id",
            "duplicate"
        ),
    ]

    @Test func `bad input is refused with the field's name, and nothing is claimed`() async throws {
        try await withAPI { api in
            let id = try api.enqueue(#"{"kind":"a"}"#)
            for bad in Self.claims + Self.settlements {
                let answer = try api.ask("POST", bad.path, bad.body)
                #expect(answer.status == bad.status, "\(bad) \(answer.text)")
                #expect(try answer.problem == bad.problem, "\(bad)")
                #expect(try answer.pointers.first == bad.pointer, "\(bad) \(answer.text)")
                #expect(try answer.codes.first == bad.code, "\(bad)")
            }
            for lease in ["x", String(repeating: "0A", count: 32), String(repeating: "0", count: 63)] {
                let answer = try api.ask("POST", "/v1/claims/\(lease):heartbeat")
                #expect(try answer.status == 400 && answer.problem == "invalid-request", "\(lease)")
            }
            #expect(try api.ask("POST", "/v1/claims/\(Self.lease):heartbeat", #"{"x":1}"#).status == 422)
            #expect(try api.ask("POST", "/v1/claims", "kinds", headers: [("Content-Type", "text/plain")]).status == 415)
            #expect(try api.read("state", of: id) == "available")
            #expect(try api.database.number("select count(*) from tusk.worker") == 0)
        }
    }

    @Test func `a hundred of the largest results fit into a settlement`() async throws {
        try await withAPI { api in
            let job = #"{"kind":"noop"}"#
            let jobs = #"{"jobs":[\#((0..<100).map { _ in job }.joined(separator: ","))]}"#
            #expect(try api.ask("POST", "/v1/jobs:bulk", jobs).status == 201)
            let claim = try api.claimed()
            let result = #""outcome":"completed","result":"\#(Self.long.dropLast(2))""#
            let states = try api.states(api.settle(claim.lease, claim.ids.map { ($0, result) }))
            #expect(states.count == 100 && Set(states) == ["completed"])
        }
    }
}
