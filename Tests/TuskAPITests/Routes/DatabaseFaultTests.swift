import TestSupport
import Testing
import TuskCore
import TuskPostgres

struct DatabaseFaultTests {
    private static let job = #"{"kind":"pay"}"#
    /// What a client waits at most: a call's 2 seconds, and room for a busy machine.
    private static let answerTimeMax = Duration.milliseconds(2500)

    private func timed(_ body: () throws -> TestAnswer) rethrows -> (TestAnswer, Duration) {
        let start = ContinuousClock.now
        let answer = try body()
        return (answer, start.duration(to: .now))
    }

    @Test func `an answer that was lost is an unknown outcome, and the key makes it one job`() async throws {
        try await withAPI(isProxied: true) { api in
            let headers = [("Idempotency-Key", "order-7")]
            _ = try api.enqueue(#"{"kind":"warm_up"}"#)
            api.proxy?.mode = .dropReplies
            let (answer, time) = try timed { try api.ask("POST", "/v1/jobs", Self.job, headers: headers) }
            #expect(answer.status == 503)
            #expect(try answer.problem == "database-unavailable")
            #expect(answer["retry-after"] == "1")
            #expect(time < Self.answerTimeMax)
            api.proxy?.mode = .pass
            var last = answer
            try await eventually(within: .seconds(15)) {
                last = try api.ask("POST", "/v1/jobs", Self.job, headers: headers)
                return last.status == 201
            }
            #expect(try api.database.number("select count(*) from tusk.job where kind = 'pay'") == 1)
        }
    }

    @Test func `a plain enqueue whose commit is not confirmed says so`() async throws {
        try await withAPI(isProxied: true) { api in
            _ = try api.enqueue(#"{"kind":"warm_up"}"#)
            api.proxy?.mode = .dropReplies
            let answer = try api.ask("POST", "/v1/jobs", Self.job)
            #expect(answer.status == 503)
            #expect(try answer.json.member("unknown_outcome")?.bool == true)
            // It was in fact committed, which is why the answer must not be a definite failure.
            try await eventually { try api.database.number("select count(*) from tusk.job where kind = 'pay'") == 1 }
        }
    }

    @Test(arguments: [FaultProxy.Mode.cut, .blackhole])
    func `while the database is away every request is refused in time, and afterwards all is well`(
        mode: FaultProxy.Mode
    ) async throws {
        try await withAPI(isProxied: true) { api in
            let id = try api.enqueue()
            #expect(try api.ask("GET", "/v1/jobs/\(id)").status == 200)
            api.proxy?.mode = mode
            for number in 0..<8 {
                let (answer, time) = try timed {
                    number.isMultiple(of: 4)
                        ? try api.ask("GET", "/v1/jobs/\(id)") : try api.ask("POST", "/v1/jobs", Self.job)
                }
                #expect(answer.status == 503)
                #expect(time < Self.answerTimeMax, "request \(number) took \(time)")
            }
            api.proxy?.mode = .pass
            try await eventually(within: .seconds(10)) { try api.ask("POST", "/v1/jobs", Self.job).status == 201 }
            try await eventually(within: .seconds(10)) { try api.ask("GET", "/v1/jobs/\(id)").status == 200 }
        }
    }

    @Test func `requests that wait behind a lost statement are refused with it, as not done`() async throws {
        try await withAPI(isProxied: true) { api in
            _ = try api.enqueue(#"{"kind":"warm_up"}"#)
            api.proxy?.mode = .blackhole
            let clients = try (0..<16).map { _ in try TestClient(api.address) }
            let start = ContinuousClock.now
            for client in clients { try client.send(api.request("POST", "/v1/jobs", Self.job).bytes) }
            let answers = try clients.map { try $0.answer() }
            #expect(start.duration(to: .now) < Self.answerTimeMax)
            #expect(answers.allSatisfy { $0.status == 503 })
            let unknown = try answers.filter { try $0.json.member("unknown_outcome")?.bool == true }
            #expect(unknown.count >= 1 && unknown.count < 16)
        }
    }

    @Test func `a session that was lost while nobody used it costs no request`() async throws {
        try await withAPI { api in
            _ = try api.enqueue()
            let killed = """
                select count(pg_terminate_backend(pid)) from pg_stat_activity
                where application_name like 'tusk-test/%' and datname = current_database()
                """
            #expect(try api.database.number(killed) >= 1)
            try await eventually(within: .seconds(5)) { try api.ask("POST", "/v1/jobs", Self.job).status == 201 }
            try await eventually(within: .seconds(5)) { try api.ask("GET", "/v1/queues").status == 200 }
        }
    }

    @Test func `a request that the database cannot take does not spoil its neighbours`() async throws {
        try await withAPI { api in
            try api.database.script("alter table tusk.job add constraint no_poison check (kind <> 'poison')")
            let clients = try (0..<20).map { _ in try TestClient(api.address) }
            for (number, client) in clients.enumerated() {
                let kind = number == 7 ? "poison" : "good"
                for _ in 0..<5 { try client.send(api.request("POST", "/v1/jobs", #"{"kind":"\#(kind)"}"#).bytes) }
            }
            for (number, client) in clients.enumerated() {
                for _ in 0..<5 {
                    let answer = try client.answer()
                    #expect(answer.status == (number == 7 ? 500 : 201))
                    #expect(!answer.text.contains("poison"))
                }
            }
            #expect(try api.jobCount() == 95)
        }
    }
}
