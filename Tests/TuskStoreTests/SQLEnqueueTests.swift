import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

/// `tusk.enqueue_many` takes what the HTTP API takes and refuses what it refuses.
@Suite struct SQLEnqueueTests {
    static let refused = [
        (#"{}"#, "kind"), (#"{"kind":""}"#, "kind"), (#"{"kind":"a b"}"#, "kind"), (#"{"kind":null}"#, "kind"),
        (#"{"kind":"é"}"#, "kind"), (#"{"kind":"a","queue":"a/b"}"#, "queue"),
        (#"{"kind":"a","priority":10}"#, "priority"), (#"{"kind":"a","priority":-1}"#, "priority"),
        (#"{"kind":"a","max_attempts":0}"#, "max_attempts"), (#"{"kind":"a","max_attempts":1001}"#, "max_attempts"),
        (#"{"kind":"a","run_at":"infinity"}"#, "run_at"), (#"{"kind":"a","run_at":"1999-12-31T00:00:00Z"}"#, "run_at"),
        (#"{"kind":"a","delay_seconds":-1}"#, "delay_seconds"),
        (#"{"kind":"a","delay_seconds":315360001}"#, "delay_seconds"),
        (#"{"kind":"a","timeout_seconds":0}"#, "timeout_seconds"),
        (#"{"kind":"a","timeout_seconds":86401}"#, "timeout_seconds"),
        (#"{"kind":"a","tags":["ok","not ok"]}"#, "tags"), (#"{"kind":"a","tags":["x","x"]}"#, "tags"),
        (#"{"kind":"a","metadata":[]}"#, "metadata"), (#"{"kind":"a","traceparent":"00-x"}"#, "traceparent"),
        (#"{"kind":"a","retry":{"policy":"never"}}"#, "retry"),
        (#"{"kind":"a","retry":{"policy":"fixed"}}"#, "retry"),
        (#"{"kind":"a","retry":{"policy":"fixed","delay_seconds":-1}}"#, "retry"),
        (#"{"kind":"a","retry":{"policy":"list","delays_seconds":[]}}"#, "retry"),
        (#"{"kind":"a","retry":{"policy":"exponential","base_seconds":1,"max_seconds":9,"jitter":2}}"#, "retry"),
        (#"{"kind":"a","retry":{"policy":"exponential","base_seconds":1}}"#, "retry"),
        (#"{"kind":"a","retry":{"policy":"exponential","max_seconds":1}}"#, "retry"),
        (#"{"kind":"a","retry":{"policy":"exponential","base_seconds":1,"max_seconds":9,"factor":0.5}}"#, "retry"),
        (#"{"kind":"a","retry":{"policy":"exponential","base_seconds":1,"max_seconds":9,"factor":101}}"#, "retry"),
        (#"{"kind":"a","retry":{"policy":"exponential","base_seconds":[1],"max_seconds":9}}"#, "retry"),
        (#"{"kind":"a","retry":{"policy":"linear","step_seconds":1}}"#, "retry"),
        (#"{"kind":"a","retry":{"policy":"linear","step_seconds":1,"max_seconds":9,"factor":2}}"#, "retry"),
        (#"{"kind":"a","retry":{"policy":"fixed","delay_seconds":31536001}}"#, "retry"),
        (#"{"kind":"a","retry":{"policy":"fixed","delay_seconds":null}}"#, "retry"),
        (#"{"kind":"a","retry":{"policy":"list"}}"#, "retry"),
        (#"{"kind":"a","retry":{"policy":"list","delays_seconds":5}}"#, "retry"),
        (#"{"kind":"a","retry":{"policy":"list","delays_seconds":[1,"2"]}}"#, "retry"),
        (#"{"kind":"a","retry":{"delay_seconds":1}}"#, "retry"), (#"{"kind":"a","retry":{"policy":7}}"#, "retry"),
        (#"{"kind":"a","other":1}"#, "other"), (#"{"kind":"a","priority":"5"}"#, "priority"),
        (#"{"kind":"a","priority":1.5}"#, "priority"), (#"{"kind":"a","max_attempts":true}"#, "max_attempts"),
        (#"{"kind":1}"#, "kind"), (#"{"kind":"a","tags":"x"}"#, "tags"),
        (#"{"kind":"a","run_at":"tomorrow"}"#, "run_at"),
        (#"{"kind":"a","run_at":"2030-01-01T00:00:00"}"#, "run_at"),
        (#"{"kind":"a","fair_key":7}"#, "fair_key"), (#"{"kind":"a","fair_key":"a b"}"#, "fair_key"),
        (#"{"kind":"a","fair_key":"kind:x"}"#, "fair_key"), (#"{"kind":"a","fair_key":""}"#, "fair_key"),
        (#"{"kind":"a","start_by":"soon"}"#, "start_by"), (#"{"kind":"a","start_by":7}"#, "start_by"),
        (#"{"kind":"a","start_by":"2101-01-01T00:00:00Z","run_at":"2102-01-01T00:00:00Z"}"#, "start_by"),
        (#"{"kind":"a","start_within_seconds":0}"#, "start_within_seconds"),
        (#"{"kind":"a","start_within_seconds":"1"}"#, "start_within_seconds"),
        (#"{"kind":"a","start_within_seconds":5,"start_by":"2101-01-01T00:00:00Z"}"#, "start_within_seconds"),
        (#"{"kind":"a","finish_by":"soon"}"#, "finish_by"), (#"{"kind":"a","finish_by":7}"#, "finish_by"),
        (#"{"kind":"a","finish_by":"2101-01-01T00:00:00Z","run_at":"2102-01-01T00:00:00Z"}"#, "finish_by"),
        (#"{"kind":"a","finish_by":"2201-01-01T00:00:00Z"}"#, "finish_by"),
        (#"{"kind":"a","finish_within_seconds":0}"#, "finish_within_seconds"),
        (#"{"kind":"a","finish_within_seconds":"1"}"#, "finish_within_seconds"),
        (#"{"kind":"a","finish_within_seconds":5,"finish_by":"2101-01-01T00:00:00Z"}"#, "finish_within_seconds"),
        (#"{"kind":"a","finish_within_seconds":5,"fair_key":"t:1"}"#, "finish_within_seconds"),
        (#"{"kind":"a","finish_by":"2101-01-01T00:00:00Z","fair_key":"t:1"}"#, "finish_by"),
        (#"{"kind":"a","delay_seconds":"1"}"#, "delay_seconds"),
        (#"{"kind":"a","run_at":"2030-01-01T00:00:00Z","delay_seconds":1}"#, "delay_seconds"),
        (#"{"kind":"a","limits":"x"}"#, "limits"), (#"{"kind":"a","limits":[]}"#, "limits"),
        (#"{"kind":"a","limits":["a","b","c","d","e"]}"#, "limits"), (#"{"kind":"a","limits":["a b"]}"#, "limits"),
        (#"{"kind":"a","limits":["queue:x"]}"#, "limits"), (#"{"kind":"a","limits":["a","a"]}"#, "limits"),
        (#"{"kind":"a","limits":[{"weight":1}]}"#, "limits"), (#"{"kind":"a","limits":[7]}"#, "limits"),
        (#"{"kind":"a","limits":[{"key":"a","weight":0}]}"#, "limits"),
        (#"{"kind":"a","limits":[{"key":"a","weight":1001}]}"#, "limits"),
        (#"{"kind":"a","limits":[{"key":"a","weight":1.5}]}"#, "limits"),
        (#"{"kind":"a","limits":[{"key":"a","max":1}]}"#, "limits"), (#"{"kind":"a","limits":null}"#, "limits"),
        (#"{"kind":"a","unique":true}"#, "unique"), (#"{"kind":"a","unique":{}}"#, "unique"),
        (#"{"kind":"a","unique":{"key":"x","args":[]}}"#, "unique"), (#"{"kind":"a","unique":{"key":""}}"#, "unique"),
        (#"{"kind":"a","unique":{"key":7}}"#, "unique"), (#"{"kind":"a","unique":{"args":["a"]}}"#, "unique"),
        (#"{"kind":"a","unique":{"args":["/a~2"]}}"#, "unique"), (#"{"kind":"a","unique":{"args":"/a"}}"#, "unique"),
        (#"{"kind":"a","unique":{"args":[1]}}"#, "unique"), (#"{"kind":"a","unique":{"key":"x","scope":1}}"#, "unique"),
        (#"{"kind":"a","unique":{"key":"x","until":"never"}}"#, "unique"),
        (#"{"kind":"a","unique":{"key":"x","until":"finished","for_seconds":5}}"#, "unique"),
        (#"{"kind":"a","unique":{"key":"x","for_seconds":0.5}}"#, "unique"),
        (#"{"kind":"a","unique":{"key":"x","for_seconds":31536001}}"#, "unique"),
        (#"{"kind":"a","unique":{"key":"x","for_seconds":"5"}}"#, "unique"),
        (#"{"kind":"a","unique":{"key":"x","on_conflict":"ignore"}}"#, "unique"),
        (#"{"kind":"a","unique":{"key":"x","on_conflict":"replace"}}"#, "unique"),
        (#"{"kind":"a","unique":{"key":"x","on_conflict":"replace","replace":[]}}"#, "unique"),
        (#"{"kind":"a","unique":{"key":"x","on_conflict":"replace","replace":["kind"]}}"#, "unique"),
        (#"{"kind":"a","unique":{"key":"x","replace":["args"]}}"#, "unique"),
        (#"{"kind":"a","order":7}"#, "order"), (#"{"kind":"a","order":"a b"}"#, "order"),
        (#"{"kind":"a","order":{}}"#, "order"), (#"{"kind":"a","order":{"key":"a","on_discard":"wait"}}"#, "order"),
        (#"{"kind":"a","order":{"key":"a","on_discard":"skip","block_seconds":5}}"#, "order"),
        (#"{"kind":"a","order":{"key":"a","block_seconds":0}}"#, "order"),
        (#"{"kind":"a","order":{"key":"a","more":0}}"#, "order"),
    ]

    static let refusedArgs = [
        #"{"a":1,"a":2}"#, #"{"x":{"a":1,"\u0061":2}}"#, #"{"a":"\u0000"}"#, "[1e309]", "[1e-309]",
        "[12345678901234567890123456789012345678901]",
        String(repeating: "[", count: 65) + String(repeating: "]", count: 65),
        #"{"\#(String(repeating: "k", count: 1025))":1}"#, #"[{"\#(String(repeating: "k", count: 1025))":1}]"#,
        #"{"text":"\#(String(repeating: "x", count: 65_536))"}"#, #"["\ud800"]"#,
    ]

    static let accepted = [
        #"{"kind":"a"}"#, #"{"kind":"a","limits":["tenant:7",{"key":"api","weight":1000},{"key":"x"}]}"#,
        #"{"kind":"a","args":{"x":[1,2,{"y":1.50}]},"priority":0,"tags":["a","b"]}"#,
        #"{"kind":"a","run_at":"2030-01-02T03:04:05.678901+05:45","max_attempts":1}"#,
        #"{"kind":"a","delay_seconds":1.5,"timeout_seconds":60,"metadata":{"k":"v"}}"#,
        #"{"kind":"a","retry":{"policy":"exponential","base_seconds":1,"max_seconds":60,"jitter":0.5}}"#,
        #"{"kind":"a","retry":{"policy":"exponential","base_seconds":1,"max_seconds":31536000,"factor":1.5}}"#,
        #"{"kind":"a","retry":{"policy":"fixed","delay_seconds":31536000}}"#,
        #"{"kind":"a","args":{"\#(String(repeating: "k", count: 1024))":1}}"#,
        #"{"kind":"a","retry":{"policy":"linear","step_seconds":5,"max_seconds":60}}"#,
        #"{"kind":"a","retry":{"policy":"list","delays_seconds":[1,10,60]}}"#,
        #"{"kind":"a","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}"#,
        #"{"kind":"a","args":[1,"\\u0000",1e308]}"#, #"{"kind":"a","start_by":"2101-01-01T00:00:00Z"}"#,
        #"{"kind":"a","fair_key":"tenant:7"}"#,
    ]

    @Test func `both refuse the same jobs, by the same field and with a documented code`() async throws {
        try await withDatabase(.migrated) { database in
            let session = try database.session()
            defer { session.close() }
            for (json, field) in Self.refused {
                #expect(Self.fieldRefusedOverHTTP(json) == field, "HTTP: \(json)")
                let error = Self.refusal(of: json, session)
                #expect(error?.sqlState == "22023", "SQL: \(json) \(String(describing: error))")
                let pointer = "Field: #/0/\(field)"
                #expect(error?.detail?.hasPrefix(pointer) == true, "SQL: \(json) \(String(describing: error?.detail))")
            }
            #expect(try database.number("select count(*) from tusk.job") == 0)
        }
    }

    @Test func `both refuse the same args`() async throws {
        try await withDatabase(.migrated) { database in
            let session = try database.session()
            defer { session.close() }
            for args in Self.refusedArgs {
                #expect(throws: JSONError.self, "\(args.prefix(60))") {
                    _ = try JSONText(validating: Array(args.utf8))
                }
                let error = Self.refusal(of: #"{"kind":"a","args":\#(args)}"#, session)
                #expect(["22023", "22P02", "22P05"].contains(error?.sqlState), "\(args.prefix(60))")
            }
        }
    }

    @Test func `both store the same job`() async throws {
        try await withDatabase(.migrated) { database in
            let session = try database.session()
            let store = try StoreFixture(database)
            defer {
                session.close()
                store.session.close()
            }
            let facts = """
                select row(job.kind, job.queue, job.priority, job.max_attempts, job.args::text, job.args_bytes,
                    job.timeout_ms, job.retry ->> 'policy', job.tags, job.metadata::text, job.traceparent, job.fair_key,
                    scheduled.due_at - case when job.args_bytes < 0 then now() else job.created_at end)::text
                from tusk.job as job left join tusk.scheduled as scheduled on scheduled.id = job.id order by job.id
                """
            for json in Self.accepted {
                #expect(Self.refusal(of: json, session) == nil, "\(json)")
                let document = try JSONDocument(validating: Array(json.utf8), limits: .body)
                _ = try store.session.enqueue([try NewJob(json: document.root)])
                let rows = try database.texts(facts)
                // Absolute times differ by the moment between the two; all else is the same.
                let comparable = json.contains("run_at") ? rows.map { String($0.prefix(40)) } : rows
                #expect(comparable.count == 2 && comparable[0] == comparable[1], "\(json)")
                try database.script("truncate tusk.job, tusk.ready, tusk.scheduled")
            }
        }
    }

    @Test func `an idempotency key holds for as long as the setting says, and for the same job only`() async throws {
        try await withDatabase(.migrated) { database in
            try database.script("update tusk.setting set value = '48 hours' where name = 'idempotency_retention'")
            let first = try database.number("tusk.enqueue('a', idempotency_key => 'k')")
            try database.script("update tusk.idempotency set created_at = now() - interval '47 hours'")
            #expect(try database.number("tusk.enqueue('a', idempotency_key => 'k')") == first)
            try database.script("update tusk.idempotency set created_at = now() - interval '49 hours'")
            #expect(try database.number("tusk.enqueue('a', idempotency_key => 'k')") != first)
            // These two differ only in which field the number is in.
            _ = try database.number("tusk.enqueue('a', timeout => '5 s', idempotency_key => 'x')")
            let other = "tusk.enqueue('a', tags => '{5000}', idempotency_key => 'x')"
            #expect(throws: PostgresError.self) { _ = try database.number(other) }
        }
    }

    private static func fieldRefusedOverHTTP(_ json: String) -> String? {
        do {
            let document = try JSONDocument(validating: Array(json.utf8), limits: .body)
            _ = try NewJob(json: document.root)
            return nil
        } catch let error as ValidationError {
            return error.problems.first?.pointer.split(separator: "/").dropFirst().first.map(String.init)
        } catch {
            return "\(error)"
        }
    }

    private static func refusal(of json: String, _ session: Session) -> ServerError? {
        var parameters = Parameters()
        parameters.json(Array("[\(json)]".utf8))
        do {
            let statement = Statement(name: "test_enqueue", text: "select tusk.enqueue_many($1)")
            _ = try session.run(statement, parameters)
            return nil
        } catch {
            guard case .server(let refusal) = error else { return nil }
            return refusal
        }
    }
}
