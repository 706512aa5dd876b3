import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

/// What an operator changes about a job that waits, state by state.
@Suite struct JobEditTests {
    @Test func `what is not named stays, and a job that stays in its line keeps its place`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            let ids = try store.enqueue(count: 3)
            let edit = try JobEdit(#"{"args":{"n":2},"max_attempts":7,"tags":["a","b"],"run_at":null}"#)
            #expect(try store.edit(ids[0], edit) == .changed(.available, woken: nil))
            #expect(try store.edit(ids[1], try JobEdit(#"{"queue":"default","priority":5}"#)).isChanged)
            let jobs = try store.claim(worker)
            #expect(jobs.map(\.id) == ids)
            #expect(jobs[0].args.text == #"{"n":2}"# && jobs[0].maxAttempts == 7 && jobs[0].tags == ["a", "b"])
            #expect(jobs[1].args.text == "{}" && jobs[1].maxAttempts == 20 && jobs[1].tags.isEmpty)
            #expect(try store.settle(jobs, worker) == Array(repeating: .accepted, count: 3))
        }
    }

    @Test func `a job goes to the end of the line it comes to, and its workers are woken`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            let ids = try store.enqueue(count: 3)
            let mail = try store.enqueue(count: 1, queue: "mail")
            #expect(try store.edit(ids[0], try JobEdit(#"{"queue":"mail"}"#)).woken == "mail")
            #expect(try store.edit(ids[2], try JobEdit(#"{"priority":1}"#)).woken == "default")
            #expect(try store.claim(worker).map(\.id) == [ids[2], ids[1]])
            let moved = try store.claim(worker, queues: ["mail"])
            #expect(moved.map(\.id) == mail + [ids[0]])
            _ = try store.settle(moved, .retry(after: .zero), worker)
            _ = try store.session.promote()
            #expect(try store.claim(worker, queues: ["mail"]).count == 2, "and a retry stays there")
        }
    }

    @Test func `a job is put off and called back, also one that is tried again`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            let id = try store.enqueue(count: 1)[0]
            var later = JobEdit()
            later.runAt = .after(.seconds(60))
            #expect(try store.edit(id, later) == .changed(.scheduled, woken: nil))
            #expect(try store.claim(worker).isEmpty && store.session.promote().jobs == 0)
            #expect(try store.edit(id, try JobEdit(#"{"priority":2}"#)) == .changed(.scheduled, woken: nil))
            let now = try JobEdit(#"{"run_at":null}"#)
            #expect(try store.edit(id, now) == .changed(.available, woken: "default"))
            let claimed = try store.claim(worker)
            #expect(claimed.map(\.id) == [id] && claimed[0].priority == .test(2))
            _ = try store.settle(claimed, .retry(after: .seconds(60)), worker)
            #expect(try store.edit(id, try JobEdit(#"{"queue":"mail"}"#)) == .changed(.retryable, woken: nil))
            #expect(try store.edit(id, try JobEdit(#"{"run_at":"2001-01-01T00:00:00Z"}"#)).woken == "mail")
            let again = try store.claim(worker, queues: ["mail"])
            #expect(again.map(\.attempt) == [2])
        }
    }

    @Test func `what runs or has ended is not changed`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            let edit = try JobEdit(#"{"priority":0,"queue":"mail","args":{"n":2},"tags":["x"],"max_attempts":3}"#)
            let ends: [(Verdict, JobState)] = [(.complete, .completed), (.discard, .discarded), (.cancel, .cancelled)]
            for (verdict, end) in ends {
                let id = try store.enqueue(count: 1)[0]
                let claimed = try store.claim(worker)
                #expect(try store.edit(id, edit) == .wrongState(.running))
                _ = try store.settle(claimed, verdict, worker)
                #expect(try store.edit(id, edit) == .wrongState(end))
            }
            #expect(try store.edit(try #require(JobID(rawValue: 7 << 40)), edit) == .notFound)
            #expect(try store.database.number("select count(*) from tusk.job where queue <> 'default'") == 0)
            #expect(try store.database.number("select count(*) from tusk.audit where action = 'job.edit'") == 0)
        }
    }

    @Test func `limits of the new queue hold, and those of the old one do no more`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.limit("queue:mail", 1)
            let stuck = try store.enqueue(count: 2, queue: "mail")
            let plain = try store.enqueue(count: 1)[0]
            #expect(try store.claimGated(worker, queues: ["mail"]).jobs.map(\.id) == [stuck[0]])
            #expect(try store.state(stuck[1]) == .blocked)
            #expect(try store.edit(stuck[1], try JobEdit(#"{"priority":1}"#)) == .changed(.blocked, woken: nil))
            #expect(try store.edit(stuck[1], try JobEdit(#"{"queue":"default"}"#)).woken == "default")
            #expect(try store.claim(worker).map(\.id) == [stuck[1], plain], "it needs no room any more")
            let moved = try store.enqueue(count: 1)[0]
            #expect(try store.edit(moved, try JobEdit(#"{"queue":"mail"}"#)) == .changed(.available, woken: "mail"))
            #expect(try store.claim(worker, queues: ["mail"]).isEmpty)
            #expect(try store.claimGated(worker, queues: ["mail"]).jobs.isEmpty)
            #expect(try store.state(moved) == .blocked && store.held() == ["queue:mail": 1])
        }
    }

    @Test func `who waits for a limit keeps waiting for it, in its new band`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.limit("api", 1)
            let ids = try store.enqueue(limits: ["api"], count: 4)
            var running = try store.claimGated(worker).jobs
            #expect(running.map(\.id) == [ids[0]])
            #expect(try store.edit(ids[1], try JobEdit(#"{"args":[1]}"#)) == .changed(.blocked, woken: nil))
            #expect(try store.edit(ids[3], try JobEdit(#"{"priority":0}"#)) == .changed(.blocked, woken: nil))
            for next in [ids[3], ids[1], ids[2]] {
                _ = try store.settle(running, worker)
                _ = try store.session.releaseLimited(by: running.map(\.id))
                running = try store.claimGated(worker).jobs
                #expect(running.map(\.id) == [next])
            }
        }
    }

    @Test func `a line keeps its order, in whatever queues its jobs are and whenever they are due`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            let job = try NewJob(kind: "noop", order: JobOrder("line"))
            let ids = try store.enqueue(job, job, job)
            let urgent = try JobEdit(#"{"priority":0,"queue":"mail"}"#)
            #expect(try store.edit(ids[2], urgent) == .changed(.blocked, woken: nil))
            #expect(try store.edit(ids[1], JobEdit(after: .seconds(60))) == .changed(.blocked, woken: nil))
            #expect(try store.edit(ids[0], try JobEdit(#"{"queue":"mail"}"#)).woken == "mail")
            let head = try store.claimGated(worker, queues: ["default", "mail"]).jobs
            #expect(head.map(\.id) == [ids[0]])
            _ = try store.settle(head, worker)
            _ = try store.session.releaseLimited(by: [ids[0]])
            #expect(try ids[1...].map(store.state) == [.scheduled, .blocked], "the second holds up the third")
            #expect(try store.edit(ids[1], try JobEdit(#"{"run_at":null}"#)).woken == "default")
            #expect(try store.claimGated(worker, queues: ["default", "mail"]).jobs.map(\.id) == [ids[1]])
        }
    }

    @Test func `a job that should be finished by a time keeps its turn, and one with a fair key its share`()
        async throws
    {
        try await withStore { store in
            let worker = try store.worker()
            let plain = try store.enqueue(count: 1, queue: "mail")
            let late = try store.enqueue(NewJob(kind: "noop", finishBy: .within(.seconds(300))))[0]
            let early = try store.enqueue(NewJob(kind: "noop", finishBy: .within(.seconds(60))))[0]
            let fair = try store.enqueue(NewJob(kind: "noop", fairKey: FairKey("tenant:7")))[0]
            for id in [late, early, fair] {
                #expect(try store.edit(id, try JobEdit(#"{"queue":"mail"}"#)).woken == "mail")
            }
            #expect(try store.claim(worker, queues: ["mail"]).map(\.id) == [early, late] + plain)
            let shares = "select count(*) from tusk.fair_share where queue = 'mail' and key = 'tenant:7'"
            #expect(try store.database.number(shares) == 1)
            #expect(try store.database.number("select count(*) from tusk.ready where gated and id = \(fair)") == 1)
        }
    }

    @Test func `a unique key goes with the args, unless another job holds the new one`() async throws {
        try await withStore { store in
            let unique = { (number: Int) in
                try NewJob.of(#"{"kind":"noop","args":{"c":\#(number),"d":0},"unique":{"args":["/c"]}}"#)
            }
            let first = try store.enqueue(try unique(1))[0]
            let second = try store.enqueue(try unique(2))[0]
            let taken = #expect(throws: StoreError.self) {
                try store.edit(first, try JobEdit(#"{"args":{"c":2},"priority":1}"#))
            }
            #expect(taken?.uniqueConflict == .held("its unique key is held by job \(second)"))
            #expect(try store.session.job(first)?.priority == 5, "nothing of it was changed")
            #expect(try store.edit(first, try JobEdit(#"{"args":{"d":1}}"#, mergesArgs: true)).isChanged)
            #expect(try store.enqueue(try unique(1)) == [first])
            #expect(try store.edit(first, try JobEdit(#"{"args":{"c":3}}"#, mergesArgs: true)).isChanged)
            #expect(try store.session.job(first)?.args?.text == #"{"c":3,"d":1}"#)
            #expect(try store.enqueue(try unique(3)) == [first], "it holds the key of its new args")
            #expect(try store.enqueue(try unique(1)) != [first], "and not that of its old ones")
            let worker = try store.worker()
            let claimed = try store.claim(worker)
            #expect(Set(claimed.map(\.id)).count == 3)
        }
    }

    @Test func `a change that the job itself does not allow is refused with the name of the field`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            let tried = try store.enqueue(count: 1)[0]
            _ = try store.settle(try store.claim(worker), .retry(after: .seconds(60)), worker)
            let soon = try store.enqueue(NewJob(kind: "noop", startBy: .within(.seconds(60))))[0]
            let due = try store.enqueue(NewJob(kind: "noop", finishBy: .within(.seconds(60))))[0]
            let lost = try store.enqueue(count: 1)[0]
            try store.database.script("update tusk.ready set interruptions = 1 where id = \(lost)")
            let cases: [(JobID, JobEdit, String, String)] = [
                (tried, try JobEdit(#"{"max_attempts":1}"#), "#/max_attempts", "more than the 1 attempts already used"),
                (soon, JobEdit(after: .seconds(90)), "#/run_at", "before start_by"),
                (due, JobEdit(after: .seconds(90)), "#/run_at", "before finish_by"),
                (lost, JobEdit(after: .seconds(90)), "#/run_at", "runs alone next"),
            ]
            for (id, edit, pointer, words) in cases {
                guard case .invalid(let error) = try store.edit(id, edit) else {
                    Issue.record("\(words): it was changed")
                    continue
                }
                #expect(error.problems.map(\.pointer) == [pointer])
                #expect(error.problems[0].detail.contains(words), "\(error.problems)")
            }
            #expect(try store.edit(tried, try JobEdit(#"{"max_attempts":2}"#)).isChanged)
            for id in [soon, due] { #expect(try store.edit(id, JobEdit(after: .seconds(30))).isChanged) }
            #expect(try store.edit(lost, try JobEdit(#"{"priority":1,"run_at":null}"#)).isChanged)
            let interruptions = "select interruptions::bigint from tusk.ready where id = \(lost)"
            #expect(try store.database.number(interruptions) == 1, "it still runs alone")
        }
    }

    @Test func `a job that went up with age is in the band it is given, and begins there anew`() async throws {
        try await withStore { store in
            let id = try store.enqueue(count: 1)[0]
            try store.session.setAgeing(.seconds(60), of: .standard, by: "test")
            try store.database.script("update tusk.ready set available_at = now() - interval '100 s'")
            _ = try store.session.ageJobs()
            #expect(try store.session.job(id)?.priority == 4)
            #expect(try store.edit(id, try JobEdit(#"{"tags":["x"]}"#)).woken == nil)
            #expect(try store.session.job(id)?.priority == 4)
            #expect(try store.edit(id, try JobEdit(#"{"priority":5}"#)).isChanged)
            _ = try store.session.ageJobs()
            #expect(try store.session.job(id)?.priority == 5)
        }
    }

    @Test(arguments: [
        ("{queue}", "queue => 'a b'", "#/queue"), ("{priority}", "priority => 10", "#/priority"),
        ("{priority}", "queue => 'a'", "#/priority"), ("{max_attempts}", "max_attempts => 0", "#/max_attempts"),
        ("{run_at}", "run_at => 'infinity'", "#/run_at"), ("{tags}", "tags => '{a,a}'", "#/tags"),
        ("{tags}", "tags => '{a b}'", "#/tags"), ("{args}", "queue => 'a'", "#/args"),
        ("{args}", #"args => '{"a":1,"a":2}'"#, "#/args"), ("{kind}", "queue => 'a'", "#/kind"),
    ])
    func `SQL refuses what the API refuses`(_ fields: String, _ value: String, _ field: String) async throws {
        try await withStore { store in
            let id = try store.enqueue(count: 1)[0]
            let text = "select answer from tusk.edit_job(\(id), '\(fields)', \(value))"
            let error = #expect(throws: PostgresError.self) {
                try store.session.session.run(Statement(name: "edit", text: text, isReadOnly: false))
            }
            guard case .server(let refusal) = try #require(error) else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(refusal.sqlState == "22023" && refusal.detail == "Field: \(field)", "\(refusal)")
        }
    }
}

extension JobEditAnswer {
    var isChanged: Bool {
        if case .changed = self { true } else { false }
    }

    fileprivate var woken: QueueName? {
        if case .changed(_, let woken) = self { woken } else { nil }
    }
}

extension JobEdit {
    init(_ json: String, mergesArgs: Bool = false) throws {
        try self.init(json: try JSONDocument(validating: Array(json.utf8), limits: .body).root, mergesArgs: mergesArgs)
    }

    init(after delay: Duration) {
        self.init()
        runAt = .after(delay)
    }
}

extension NewJob {
    static func of(_ json: String) throws -> NewJob {
        try NewJob(json: try JSONDocument(validating: Array(json.utf8), limits: .body).root)
    }
}

extension StoreFixture {
    /// Changes a job.
    func edit(_ id: JobID, _ edit: JobEdit) throws -> JobEditAnswer {
        try session.edit(id, edit, by: "test")
    }
}
