import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

@Suite struct ClaimTests {
    @Test func `claims take the urgent band first, then the order of enqueueing`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            let late = try store.enqueue(try .test(priority: 7), try .test(priority: 7))
            let normal = try store.enqueue(try .test(), try .test(), try .test())
            let urgent = try store.enqueue(try .test(priority: 0))
            #expect(try store.claim(worker, max: 4).map(\.id) == urgent + normal)
            #expect(try store.claim(worker).map(\.id) == late)
        }
    }

    @Test func `a claimed job is not claimed twice`() async throws {
        try await withStore { store in
            let (first, second) = (try store.worker(), try store.worker())
            let ids = try store.enqueue(count: 10)
            #expect(try store.claim(first, max: 4).map(\.id) == Array(ids[..<4]))
            #expect(try store.claim(second).map(\.id) == Array(ids[4...]))
            #expect(try store.claim(first).isEmpty)
        }
    }

    @Test func `two claimers at the same time share no job and leave none`() async throws {
        try await withDatabase(.migrated) { database in
            let jobCount = 5000
            try StoreFixture(database).enqueue(count: jobCount)
            let claimed = try await withThrowingTaskGroup(of: [JobID].self) { group in
                for number in 0..<4 {
                    group.addTask {
                        try await Lane.run("claimer \(number)") {
                            let store = try StoreFixture(database)
                            let worker = try store.worker()
                            var ids: [JobID] = []
                            while true {
                                let jobs = try store.claim(worker, max: 37)
                                if jobs.isEmpty { return ids }
                                ids += jobs.map(\.id)
                            }
                        }
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            // SKIP LOCKED may end a claimer early while others hold the last rows, but nothing may be lost or doubled.
            #expect(claimed.count == jobCount)
            #expect(Set(claimed).count == jobCount)
        }
    }

    @Test(arguments: ["never analysed", "analysed when empty", "analysed when large"])
    func `a claim takes at most its limit, whatever the statistics say`(_ statistics: String) async throws {
        try await withStore { store in
            if statistics == "analysed when empty" { try store.database.script("analyze tusk.ready, tusk.job") }
            try store.enqueue(count: 3000)
            if statistics == "analysed when large" { try store.database.script("analyze tusk.ready, tusk.job") }
            let worker = try store.worker()
            for limit in [1, 5, 100, 999] {
                #expect(try store.claim(worker, max: limit).count == limit)
            }
            #expect(try store.database.number("select count(*) from tusk.ready") == 3000 - 1105)
        }
    }

    @Test(arguments: [false, true]) func `a pause ends by itself`(_ isLimited: Bool) async throws {
        try await withStore { store in
            let worker = try store.worker()
            let queue: QueueName = "default"
            if isLimited { try store.database.script("select tusk.put_limit('queue:default', running_max => 3)") }
            let ids = try store.enqueue(try .test())
            #expect(try store.session.pause(queue, by: "anna", reason: nil, until: .at(.init(microseconds: 1))) == nil)
            let pause = try store.session.pause(queue, by: "anna", reason: nil, until: .after(.seconds(3600)))
            let until = try #require(pause?.until)
            #expect(until.microseconds - (pause?.at.microseconds ?? 0) == 3_600_000_000)
            func claim() throws -> [JobID] {
                try (isLimited ? store.claimGated(worker).jobs : store.claim(worker)).map(\.id)
            }
            func words() throws -> [String] { try store.session.explain(ids[0]).reasons.map(\.word) }
            #expect(try claim().isEmpty && words().first == "queue_paused")
            #expect(try store.session.endPauses().isEmpty)

            try store.database.script("update tusk.queue set paused_until = now() - interval '1 second'")
            #expect(try words() == ["runnable"])
            #expect(try store.session.queues().allSatisfy { $0.pause == nil })
            #expect(try claim() == ids, "whether or not somebody has cleaned up")
            #expect(try store.session.endPauses() == [queue] && store.session.endPauses().isEmpty)
        }
    }

    @Test func `only offered kinds of queues that are not paused are claimed`() async throws {
        try await withStore { store in
            let worker = try store.worker(["noop", "mail"])
            try store.enqueue(try .test("other"), try .test("mail", queue: "mails"))
            let wanted = try store.enqueue(try .test("noop"))
            let mails: QueueName = "mails"
            _ = try store.session.pause(mails, by: "anna", reason: "provider is down")
            let pause = try #require(try store.session.pause(mails, by: "bob", reason: nil))
            #expect(pause.by == "bob" && pause.reason == nil && pause.until == nil, "the newest counts")
            let both = ["default", "mails"]
            #expect(try store.claim(worker, kinds: ["noop", "mail"], queues: both).map(\.id) == wanted)
            #expect(try store.session.resume(mails, by: "test"))
            #expect(try !store.session.resume(mails, by: "test"))
            #expect(try store.claim(worker, kinds: ["noop", "mail"], queues: both).map(\.kind.text) == ["mail"])
        }
    }

    @Test func `a worker that is not registered, or drains, gets nothing`() async throws {
        try await withStore { store in
            try store.enqueue(count: 2)
            #expect(try store.claim(.random()).isEmpty)
            let worker = try store.worker()
            try store.session.drain(worker: worker)
            #expect(try store.claim(worker).isEmpty)
        }
    }

    @Test func `claims are bounded by bytes, but the first job is always taken`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            let big = "{\"text\":\"\(String(repeating: "x", count: 9_000))\"}"
            for _ in 0..<5 { try store.enqueue(try .test(args: big)) }
            #expect(try store.claim(worker, bytesMax: 1).count == 1)
            #expect(try store.claim(worker, bytesMax: 20_000).count == 3)
            #expect(try store.claim(worker).count == 1)
        }
    }

    @Test func `kinds leased apart get a lease for each job, others share one`() async throws {
        try await withStore { store in
            let worker = try store.worker(["noop", "pay"])
            try store.enqueue(try .test("pay"), try .test(), try .test("pay"), try .test())
            let jobs = try store.claim(worker, kinds: ["noop", "pay"], leasedApart: ["pay"])
            let leases = Dictionary(grouping: jobs, by: \.kind.text).mapValues { Set($0.map(\.lease)) }
            #expect(leases["noop"]?.count == 1)
            #expect(leases["pay"]?.count == 2)
            #expect(try store.settle(jobs, worker).allSatisfy { $0 == .accepted })
            #expect(try store.database.number("select count(*) from tusk.lease") == 0)
        }
    }

    @Test func `each claim of a job draws a greater lease number`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            let id = try #require(try store.enqueue(count: 1).first)
            var last: LeaseNumber?
            for _ in 0..<5 {
                let job = try #require(try store.claim(worker).first)
                #expect(job.id == id)
                if let last { #expect(job.lease > last) }
                last = job.lease
                #expect(try store.settle([job], .giveBack, worker) == [.accepted])
            }
        }
    }

    @Test func `args come back as the bytes that were given`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            let texts = [#"{"a":1.0,"b":-0,"é":"\u00e9","c":12345678901234567890123}"#, "[ 1 , 2 ]", "null", "\"x\""]
            for text in texts { try store.enqueue(try .test(args: text)) }
            #expect(try store.claim(worker).map(\.args.text) == texts)
        }
    }
}
