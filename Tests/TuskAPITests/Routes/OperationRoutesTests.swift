import TestSupport
import Testing
import TuskCore
import TuskStore

struct OperationRoutesTests {
    @Test func `a dry run only counts`() async throws {
        try await withAPI { api in
            _ = try api.discard(["a 1", "a 2", "b"])
            let errors = try api.ask("GET", "/v1/errors")
            let groups = try #require(try errors.json.member("errors")?.elements.map { $0 })
            let fingerprint = try #require(groups[0].member("fingerprint")?.string)
            let body = #"{"action":"retry","filter":{"kind":"noop","fingerprint":"\#(fingerprint)"},"dry_run":true}"#
            let answer = try api.ask("POST", "/v1/operations", body)
            #expect(answer.status == 200)
            #expect(answer.text == #"{"matched":2,"exact":true,"examined":3,"examined_max":20000}"#)
            #expect(try api.ask("GET", "/v1/operations").text == #"{"operations":[]}"#)
        }
    }

    @Test func `an operation is created, shown, cancelled, and told to the log`() async throws {
        try await withAPI { api in
            _ = try api.discard(["a"])
            let filter = #"{"kind":"noop","queue":"default","reason":"attempts"}"#
            let wish = #"""
                {"action":"retry","filter":\#(filter),"per_second":5,"canary":{"count":3,"failed_percent_max":10},
                 "reason":"it is back"}
                """#
            let made = try api.ask("POST", "/v1/operations", wish)
            #expect(made.status == 201, "\(made.text)")
            let id = try #require(try made.string("id"))
            #expect(made.text.contains(#""filter":\#(filter)"#))
            #expect(made.text.contains(#""per_second":5,"canary":{"count":3,"failed_percent_max":10}"#))
            #expect(try made.string("created_by") == "test" && made.string("reason") == "it is back")
            #expect(try api.ask("GET", "/v1/operations/\(id)").text == made.text)
            #expect(try api.ask("GET", "/v1/operations").text == #"{"operations":[\#(made.text)]}"#)

            let ended = try api.ask("POST", "/v1/operations/\(id):cancel", #"{"reason":"no"}"#)
            #expect(ended.status == 200)
            #expect(try ended.string("state") == "cancelled" && ended.string("cancel_reason") == "no")
            #expect(try api.ask("POST", "/v1/operations/\(id):cancel").status == 200, "again is fine")
            #expect(api.log.text.contains(#"message="operation asked for""#), "\(api.log.text)")
            #expect(api.log.text.contains(#"by=test"#) && api.log.text.contains(#"reason="it is back""#))
            #expect(api.log.text.contains("operation cancelled"))
        }
    }

    @Test func `many jobs are cancelled, or all that wait in a queue`() async throws {
        try await withAPI { api in
            for _ in 0..<3 { _ = try api.enqueue(#"{"kind":"noop","queue":"mail"}"#) }
            let dry = #"{"action":"cancel","filter":{"queue":"mail"},"dry_run":true}"#
            #expect(try api.ask("POST", "/v1/operations", dry).json.member("matched")?.int64 == 3)
            let made = try api.ask("POST", "/v1/queues/mail:purge", #"{"reason":"sent by hand"}"#)
            #expect(made.status == 201, "\(made.text)")
            let start = #""action":"cancel","filter":{"queue":"mail"},"spare_running":true,"matched":3,"#
            #expect(made.text.contains(start) && made.text.contains(#""reason":"sent by hand""#), "\(made.text)")
            #expect(try api.ask("POST", "/v1/queues/a%20b:purge").status == 400)
            let wrong = [
                ("action", #"{"action":"delete","filter":{"queue":"mail"}}"#),
                ("filter", #"{"action":"cancel","filter":{"queue":"mail","reason":"attempts"}}"#),
                ("canary", #"{"action":"cancel","filter":{"queue":"mail"},"canary":{"count":3}}"#),
                ("spare_running", #"{"action":"retry","filter":{"queue":"mail"},"spare_running":true}"#),
                ("spare_running", #"{"action":"cancel","filter":{"queue":"mail"},"spare_running":1}"#),
            ]
            for (field, body) in wrong {
                let refused = try api.ask("POST", "/v1/operations", body)
                #expect(refused.status == 422 && refused.text.contains("\"#/\(field)\""), "\(body): \(refused.text)")
            }
        }
    }

    @Test func `operations are listed page by page, and those that are not there are not found`() async throws {
        try await withAPI { api in
            for _ in 0..<3 {
                let made = try api.ask("POST", "/v1/operations", #"{"action":"retry","filter":{"kind":"noop"}}"#)
                #expect(made.status == 201)
            }
            let page = try api.ask("GET", "/v1/operations?page_size=2")
            #expect(try page.json.member("operations")?.elements.map { $0.member("id")?.string } == ["3", "2"])
            let token = try #require(try page.string("next_page_token"))
            let rest = try api.ask("GET", "/v1/operations?page_size=2&page_token=\(token)")
            #expect(try rest.json.member("operations")?.elements.map { $0.member("id")?.string } == ["1"])
            #expect(try rest.string("next_page_token") == nil)

            for (method, path) in [("GET", "/v1/operations/99"), ("POST", "/v1/operations/99:cancel")] {
                let answer = try api.ask(method, path)
                #expect(answer.status == 404)
                #expect(try answer.problem == "operation-not-found")
            }
            #expect(try api.ask("GET", "/v1/operations/x").status == 400)
            try api.database.script("update tusk.operation set state = 'completed', ended_at = now() where id = 1")
            let late = try api.ask("POST", "/v1/operations/1:cancel")
            #expect(late.status == 409)
            #expect(try late.problem == "operation-ended")
        }
    }

    @Test(arguments: [
        (#"{}"#, "#/action"), (#"{"action":"retry"}"#, "#/filter"),
        (#"{"action":"delete","filter":{"kind":"a"}}"#, "#/action"),
        (#"{"action":"retry","filter":{}}"#, "#/filter"),
        (#"{"action":"retry","filter":{"kind":"a b"}}"#, "#/filter/kind"),
        (#"{"action":"retry","filter":{"state":"discarded"}}"#, "#/filter/state"),
        (#"{"action":"retry","filter":{"fingerprint":"xyz"}}"#, "#/filter/fingerprint"),
        (#"{"action":"retry","filter":{"kind":"a"},"per_second":0}"#, "#/per_second"),
        (#"{"action":"retry","filter":{"kind":"a"},"canary":{}}"#, "#/canary/count"),
        (#"{"action":"retry","filter":{"kind":"a"},"canary":{"count":1001}}"#, "#/canary/count"),
        (
            #"{"action":"retry","filter":{"kind":"a"},"canary":{"count":1,"failed_percent_max":100}}"#,
            "#/canary/failed_percent_max"
        ), (#"{"action":"retry","filter":{"kind":"a"},"dry_run":"yes"}"#, "#/dry_run"),
    ])
    func `what is wrong is refused by name, and nothing is stored`(body: String, pointer: String) async throws {
        try await withAPI { api in
            let answer = try api.ask("POST", "/v1/operations", body)
            #expect(answer.status == 422)
            #expect(answer.text.contains("\"pointer\":\"\(pointer)\""), "\(answer.text)")
            let stored = try api.database.number("select count(*) from tusk.operation")
            #expect(stored == 0)
        }
    }
}
