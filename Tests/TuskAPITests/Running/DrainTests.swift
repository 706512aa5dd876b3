import Dispatch
import TestSupport
import Testing
import TuskAPI
import TuskCore
import TuskHTTP
import TuskPostgres
import TuskTelemetry

struct DrainTests {
    @Test func `a draining process says so and still answers`() async throws {
        try await withAPI { api in
            #expect(try api.ask("GET", "/readyz").status == 200)
            api.api.drain()
            let answer = try api.ask("GET", "/readyz")
            #expect(answer.status == 503)
            #expect(answer.text == #"{"ready":false,"reasons":["draining"]}"#)
            #expect(!api.api.readiness().isReady)
            #expect(try api.ask("POST", "/v1/jobs", #"{"kind":"a"}"#).status == 201)
        }
    }

    @Test func `requests in flight are answered before the server is drained`() async throws {
        try await withAPI { api in
            let session = try api.database.session()
            defer { session.close() }
            _ = try api.enqueue()
            try session.script("begin; lock table tusk.job in exclusive mode")
            let client = try TestClient(api.address)
            try client.send(api.request("POST", "/v1/jobs", #"{"kind":"late"}"#).bytes)
            let waits = """
                select count(*) from pg_stat_activity
                where wait_event_type = 'Lock' and datname = current_database()
                """
            try await eventually { try api.database.number(waits) == 1 }
            api.api.drain()
            let server = api.server
            let drained = DispatchSemaphore(value: 0)
            DispatchQueue(label: "drain").async {
                if server.drain(timeout: .seconds(10)) { drained.signal() }
            }
            try session.script("rollback")
            let answer = try client.answer()
            #expect(answer.status == 201)
            #expect(drained.wait(timeout: .now() + 10) == .success)
        }
    }

    @Test func `a process that has stopped refuses and can be stopped again`() async throws {
        try await withAPI { api in
            let client = try TestClient(api.address)
            #expect(try client.ask(api.request("GET", "/v1/queues")).status == 200)
            api.api.stop()
            api.api.stop()
            for request in [api.request("POST", "/v1/jobs", #"{"kind":"a"}"#), api.request("GET", "/v1/queues")] {
                let answer = try client.ask(request)
                #expect(answer.status == 503)
                #expect(try answer.problem == "draining")
            }
        }
    }

    @Test func `it can be stopped before it was started`() async throws {
        try await withDatabase { database in
            let api = API(store: database.store(), registry: MetricsRegistry(), logger: LogRecorder().logger())
            api.stop()
            api.start()
            api.stop()
        }
    }
}
