import TestSupport
import Testing
import TuskAPI
import TuskCore
import TuskPostgres
import TuskStore

struct ProbeRoutesTests {
    @Test func `probes need no credentials`() async throws {
        try await withAPI { api in
            for path in ["/livez", "/healthz", "/readyz", "/version", "/", "/metrics"] {
                #expect(try api.ask("GET", path, token: .some(nil)).status == 200, "\(path)")
                let head = try api.ask("HEAD", path, token: .some(nil))
                #expect(head.status == 200 && head.body.isEmpty)
            }
            #expect(try api.ask("GET", "/readyz").text == #"{"ready":true,"reasons":[]}"#)
            #expect(try api.ask("GET", "/readyz?verbose").string("schema")?.contains("is current") == true)
            #expect(try api.ask("GET", "/").json.member("links")?.member("jobs")?.string == "/v1/jobs")
        }
    }

    @Test func `what is counted can be read`() async throws {
        try await withAPI { api in
            _ = try api.enqueue()
            _ = try api.ask("GET", "/v1/jobs/1")
            let counted = [
                #"tusk_http_requests_total{method="POST",route="/v1/jobs",code="201"} 1"#,
                #"tusk_http_requests_total{method="GET",route="/v1/jobs/{id}",code="404"} 1"#,
                #"tusk_http_request_duration_seconds_count{method="POST",route="/v1/jobs",code="201"} 1"#,
                #"tusk_jobs_enqueued_total{queue="default",kind="noop",source="http"} 1"#,
                "tusk_enqueue_batch_jobs_count 1", "tusk_http_connections ",
            ]
            let answer = try api.ask("GET", "/metrics")
            #expect(answer["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            for line in counted { #expect(answer.text.contains(line), "\(line)") }
            // The request that asks is in flight itself; the ones before it are not, as soon as they are let go.
            try await eventually {
                try api.ask("GET", "/metrics").text.contains("tusk_http_requests_in_flight 1\n")
            }
        }
    }

    @Test func `a database without schema, or with half of it, is not ready`() async throws {
        try await withAPI(.empty) { api in
            let answer = try api.ask("GET", "/readyz")
            #expect(answer.status == 503)
            #expect(answer["retry-after"] == "1")
            #expect(answer.text == #"{"ready":false,"reasons":["schema_version"]}"#)
            #expect(try api.ask("GET", "/livez").status == 200)
        }
        try await withAPI(.migrated) { api in
            let newest = "select max(version) from tusk.migration"
            try api.database.script("delete from tusk.migration where version = (\(newest))")
            let answer = try api.ask("GET", "/readyz?verbose=true")
            #expect(answer.status == 503)
            #expect(try answer.string("schema")?.contains("tusk migrate up") == true)
        }
    }

    @Test func `a database that is away makes it not ready, and it recovers alone`() async throws {
        try await withAPI(isProxied: true) {
            $0.readinessCacheTime = .zero
        } _: { api in
            #expect(try api.ask("GET", "/readyz").status == 200)
            api.proxy?.mode = .cut
            let answer = try api.ask("GET", "/readyz")
            #expect(answer.text == #"{"ready":false,"reasons":["database"]}"#)
            #expect(try api.ask("GET", "/livez").status == 200)
            api.proxy?.mode = .pass
            try await eventually(within: .seconds(10)) { try api.ask("GET", "/readyz").status == 200 }
        }
    }

    private let health = ServerHealth.test(isStandby: false)
    private let standby = ServerHealth.test(isStandby: true)

    @Test func `a standby is not ready`() {
        let schema = SchemaState.current(version: 7)
        #expect(Readiness(health: health, schema: schema, isDraining: false).reasons == [])
        #expect(Readiness(health: standby, schema: schema, isDraining: false).reasons == [.standby])
        #expect(Readiness(health: health, schema: schema, isDraining: true).reasons == [.draining])
        #expect(Readiness(health: standby, schema: schema, isDraining: true).reasons == [.standby, .draining])
    }

    @Test func `a schema that is ahead is ready, one that lacks or changes something is not`() {
        let cases: [(SchemaState, [Readiness.Reason])] = [
            (.ahead(version: 9, known: 7), []), (.behind(version: 5, missing: 2), [.schemaVersion]),
            (.altered(version: 3, name: "x"), [.schemaVersion]),
        ]
        for (schema, reasons) in cases {
            #expect(Readiness(health: health, schema: schema, isDraining: false).reasons == reasons)
        }
        #expect(Readiness(health: nil, schema: nil, isDraining: false).reasons == [.database])
    }
}
