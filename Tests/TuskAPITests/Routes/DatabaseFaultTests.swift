import TestSupport
import Testing
import TuskAPI
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

    @Test func `wherever the connection breaks, the key makes it one job`() async throws {
        try await withAPI(isProxied: true) {
            // So that the bytes that are counted are the enqueue's, and none the refreshed key's.
            $0.keyCacheTime = .seconds(3600)
        } _: { api in
            var unknown: [Bool] = []
            // The replies to a keyed enqueue take some 900 bytes: every stage is cut, from the first to past the
            // commit.
            for replyBytes in stride(from: 10, through: 1210, by: 40) {
                let headers = [("Idempotency-Key", "order-\(replyBytes)")]
                try await eventually { try api.ask("POST", "/v1/jobs", #"{"kind":"warm_up"}"#).status == 201 }
                api.proxy?.mode = .cutAfter(replyBytes: replyBytes)
                let answer = try api.ask("POST", "/v1/jobs", Self.job, headers: headers)
                api.proxy?.mode = .pass
                if answer.status == 503 {
                    unknown.append(try answer.json.member("unknown_outcome")?.bool == true)
                } else {
                    #expect(answer.status == 201)
                }
                try await eventually(within: .seconds(15)) {
                    try api.ask("POST", "/v1/jobs", Self.job, headers: headers).status == 201
                }
                #expect(try api.database.number("select count(*) from tusk.job where kind = 'pay'") == 1)
                try api.database.script("delete from tusk.job where kind = 'pay'")
            }
            #expect(unknown.contains(true) && unknown.contains(false))
        }
    }

    @Test func `a key whose answer was lost makes one job, in time`() async throws {
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
            try await eventually(within: .seconds(15)) {
                try api.ask("POST", "/v1/jobs", Self.job, headers: headers).status == 201
            }
            #expect(try api.database.number("select count(*) from tusk.job where kind = 'pay'") == 1)
        }
    }

    @Test func `a plain enqueue whose commit is not confirmed says so`() async throws {
        try await withAPI(isProxied: true) { api in
            // Again, if the machine is so busy that the session lies idle in between and is asked for a proof first.
            try await eventually(within: .seconds(30)) {
                api.proxy?.mode = .pass
                guard try api.ask("POST", "/v1/jobs", #"{"kind":"warm_up"}"#).status == 201 else { return false }
                api.proxy?.mode = .dropReplies
                let answer = try api.ask("POST", "/v1/jobs", Self.job)
                #expect(answer.status == 503)
                return try answer.json.member("unknown_outcome")?.bool == true
            }
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
        try await withAPI(isProxied: true) {
            $0.batchJobsMax = 4
        } _: { api in
            _ = try api.enqueue(#"{"kind":"warm_up"}"#)
            api.proxy?.mode = .blackhole
            let clients = try (0..<16).map { _ in try TestClient(api.address) }
            let start = ContinuousClock.now
            for client in clients { try client.send(api.request("POST", "/v1/jobs", Self.job).bytes) }
            let answers = try clients.map { try $0.answer() }
            #expect(start.duration(to: .now) < Self.answerTimeMax)
            #expect(answers.allSatisfy { $0.status == 503 })
            let unknown = try answers.filter { try $0.json.member("unknown_outcome")?.bool == true }
            #expect(unknown.count <= 4)
        }
    }

    @Test func `after all sessions were killed it goes on by itself`() async throws {
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

    @Test func `what comes when too much waits already is refused at once`() async throws {
        try await withAPI {
            $0.waitingRequestsMax = 4
            $0.waitingTimeMax = .seconds(30)
        } _: { api in
            _ = try api.enqueue()
            let session = try api.database.session()
            defer { session.close() }
            try session.script("begin; lock table tusk.job in exclusive mode")
            let clients = try (0..<12).map { _ in try TestClient(api.address) }
            for client in clients { try client.send(api.request("POST", "/v1/jobs", Self.job).bytes) }
            // One is under way and four wait.
            try await eventually { try Self.refusedEnqueues(api) >= 7 }
            try session.script("rollback")
            let answers = try clients.map { try $0.answer() }
            let overloaded = answers.filter { $0.status == 503 }
            #expect(try overloaded.allSatisfy { try $0.problem == "overloaded" && $0["retry-after"] == "1" })
            #expect(overloaded.count >= 7 && answers.count { $0.status == 201 } == 12 - overloaded.count)
            #expect(try api.jobCount() == Int64(13 - overloaded.count))
        }
    }

    private static func refusedEnqueues(_ api: APIFixture) throws -> Int {
        let series = #"tusk_http_requests_total{method="POST",route="/v1/jobs",code="503"} "#
        let lines = try api.ask("GET", "/metrics").text.split(separator: "\n")
        return lines.first { $0.hasPrefix(series) }.flatMap { Int($0.dropFirst(series.count)) } ?? 0
    }

    @Test func `waiting requests are counted with the bodies they came with`() async throws {
        try await withAPI {
            $0.waitingBytesMax = 4096
        } _: { api in
            _ = try api.enqueue(Self.job)
            let padded = try api.ask("POST", "/v1/jobs", Self.job + String(repeating: " ", count: 4096))
            #expect(try padded.problem == "overloaded")
        }
    }

    /// After the first change of `table` its session may do nothing more.
    private static func breakSessions(changing table: String) -> String {
        """
        create function public.break_session() returns trigger language plpgsql as $$
            begin perform set_config('role', 'pg_monitor', false); return null; end $$;
        create trigger break_session after insert on \(table) execute function public.break_session()
        """
    }

    @Test func `a retry that is committed is no failure when what follows fails`() async throws {
        try await withAPI { api in
            let id = try api.enqueue(#"{"kind":"noop","delay_seconds":3600}"#)
            try api.database.script(Self.breakSessions(changing: "tusk.audit"))
            let answer = try api.ask("POST", "/v1/jobs/\(id):retry")
            #expect(answer.status == 200)
            #expect(try answer.string("state") == "available")
        }
    }

    @Test func `a schedule that is stored is not said to be refused when it cannot be read back`() async throws {
        try await withAPI { api in
            try api.database.script(Self.breakSessions(changing: "tusk.audit"))
            let body = #"{"cron":"0 3 * * *","job":{"kind":"a"}}"#
            let answer = try api.ask("PUT", "/v1/schedules/nightly", body)
            #expect(answer.status == 503)
            #expect(try answer.json.member("unknown_outcome")?.bool == true)
            #expect(try api.database.number("select count(*) from tusk.schedule") == 1)
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
