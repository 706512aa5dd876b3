import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

@Suite struct EnqueueTests {
    @Test func `jobs are born available or scheduled, and keep all they were given`() async throws {
        try await withStore { store in
            let kind: Kind = "mail"
            let job = try NewJob(
                kind: kind,
                args: try JSONText(validating: Array(#"{"to":"x"}"#.utf8)),
                maxAttempts: 7,
                retry: .fixed(delay: .seconds(3)),
                timeout: .seconds(90),
                tags: ["a", "b"].compactMap(Tag.init),
                metadata: try JSONText(validating: Array(#"{"who":"me"}"#.utf8)),
                traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            )
            let soon = try NewJob.test(runAt: .after(.seconds(60)))
            let past = try NewJob.test(runAt: .at(Timestamp(microseconds: 1_000_000_000_000_000)))
            let answers = try store.session.enqueue([job, soon, past])
            #expect(answers.map(\.state) == [.available, .scheduled, .available])
            #expect(answers[1].runAt == Timestamp(microseconds: answers[1].createdAt.microseconds + 60_000_000))
            let worker = try store.worker(["mail"])
            let claimed = try #require(try store.claim(worker, kinds: ["mail"]).first)
            #expect(claimed.id == answers[0].id)
            #expect(claimed.maxAttempts == 7)
            #expect(claimed.timeout == .seconds(90))
            #expect(claimed.tags == ["a", "b"])
            #expect(claimed.metadata?.text == #"{"who":"me"}"#)
            #expect(claimed.traceparent == job.traceparent)
            #expect(claimed.retry == job.retry?.json)
        }
    }

    @Test func `a job enqueued in a transaction exists if and only if it commits`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            let own = try store.database.session()
            defer { own.close() }
            for (end, count) in [("rollback", 0), ("commit", 1)] {
                try own.script("begin; select tusk.enqueue('noop')")
                #expect(try store.claim(worker).isEmpty)
                try own.script(end)
                #expect(try store.claim(worker).count == count)
            }
        }
    }

    @Test func `an idempotency key gives one job and the same answer`() async throws {
        try await withStore { store in
            let request = try Self.request("k", [try .test(), try .test(runAt: .after(.seconds(60)))])
            let other = try Self.request("k", [try .test("other")])
            guard case .accepted(let jobs)? = try store.session.enqueue(keyed: [request]).first else {
                Issue.record("the first request was not accepted")
                return
            }
            #expect(try store.session.enqueue(keyed: [request]) == [.replayed(jobs)])
            #expect(try store.session.enqueue(keyed: [other]) == [.otherRequest])
            #expect(try store.database.number("select count(*) from tusk.job") == 2)
            try store.database.script("update tusk.idempotency set created_at = now() - interval '25 hours'")
            guard case .accepted? = try store.session.enqueue(keyed: [other]).first else {
                Issue.record("a key past its retention was not free again")
                return
            }
        }
    }

    @Test func `a key in flight is refused at once, and its neighbours go on`() async throws {
        try await withStore { store in
            let held = try Self.request("held", [try .test()])
            let free = try Self.request("free", [try .test()])
            let stranger = try store.database.storeSession()
            defer { stranger.close() }
            try stranger.transaction { stranger throws(StoreError) in
                _ = try stranger.enqueue([])
            }
            let number = held.keyHash.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            try stranger.session.script("begin; select pg_advisory_xact_lock(\(Int64(bitPattern: number)))")
            let answers = try store.session.enqueue(keyed: [held, free, free])
            #expect(answers[0] == .inFlight)
            #expect(answers[2] == .inFlight)
            guard case .accepted = answers[1] else {
                Issue.record("the free key was not accepted")
                return
            }
        }
    }

    @Test func `many requests of one key at the same time make one job`() async throws {
        try await withDatabase(.migrated) { database in
            let answers = try await withThrowingTaskGroup(of: KeyedAnswer?.self) { group in
                for number in 0..<16 {
                    group.addTask {
                        try await Lane.run("client \(number)") {
                            let session = try database.storeSession()
                            defer { session.close() }
                            let request = try Self.request("same", [try .test()])
                            var answer = try session.enqueue(keyed: [request]).first
                            while answer == .inFlight { answer = try session.enqueue(keyed: [request]).first }
                            return answer
                        }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let accepted = answers.filter {
                if case .accepted = $0 { true } else { false }
            }
            #expect(accepted.count == 1)
            #expect(try database.number("select count(*) from tusk.job") == 1)
        }
    }

    private static func request(_ key: String, _ jobs: [NewJob]) throws -> KeyedRequest {
        let text = jobs.map { String(describing: $0.kind) }.joined()
        return KeyedRequest(keyHash: Digest.sha256(key.utf8), fingerprint: Digest.sha256(text.utf8), jobs: jobs)
    }
}
