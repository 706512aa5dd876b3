import Dispatch
import Synchronization
import TestSupport
import Testing
import TuskCore
import TuskPostgres

@testable import TuskStore

/// At most one job for each unique key, in every scope and with every answer to a conflict.
struct UniqueJobTests {
    private static func job(_ json: String) throws -> NewJob {
        try NewJob(json: try JSONDocument(validating: Array(json.utf8), limits: .body).root)
    }

    private static func unique(_ unique: String, args: String = "{}", more: String = "") throws -> NewJob {
        try job(#"{"kind":"noop","args":\#(args),"unique":\#(unique)\#(more)}"#)
    }

    private static func withStore(_ body: @Sendable (StoreFixture) async throws -> Void) async throws {
        try await withDatabase(.migrated) { database in
            let store = try StoreFixture(database)
            defer { store.session.close() }
            try await body(store)
        }
    }

    @Test(arguments: [false, true])
    func `64 enqueues of one key at once make one job`(isKeyUsed: Bool) async throws {
        try await withDatabase(.migrated) { database in
            if isKeyUsed {
                let store = try StoreFixture(database)
                defer { store.session.close() }
                let worker = try store.worker()
                _ = try store.session.enqueue([try Self.unique(#"{"key":"invoice 7"}"#)])
                _ = try store.settle(try store.claim(worker), worker)
            }
            let job = try Self.unique(#"{"key":"invoice 7"}"#)
            let answers = Mutex<[EnqueuedJob]>([])
            DispatchQueue.concurrentPerform(iterations: 16) { _ in
                guard let session = try? database.storeSession() else { return }
                defer { session.close() }
                for _ in 0..<4 {
                    guard let answer = try? session.enqueue([job]) else { continue }
                    answers.withLock { $0 += answer }
                }
            }
            let all = answers.withLock(\.self)
            #expect(all.count == 64 && Set(all.map(\.id)).count == 1)
            #expect(all.count { !$0.isDeduplicated } == 1)
            #expect(try database.number("select count(*) from tusk.ready") == 1)
        }
    }

    @Test func `a key belongs to its kind, and args count by their value`() async throws {
        try await Self.withStore { store in
            func id(_ json: String) throws -> JobID { try store.session.enqueue([try Self.job(json)])[0].id }
            let first = try id(#"{"kind":"a","args":{"c":7,"d":[1,2],"e":1},"unique":{"args":["/c","/d"]}}"#)
            #expect(try id(#"{"kind":"a","args":{"e":2,"d":[1, 2],"c":7},"unique":{"args":["/d","/c"]}}"#) == first)
            #expect(try id(#"{"kind":"b","args":{"c":7,"d":[1,2]},"unique":{"args":["/c","/d"]}}"#) != first)
            #expect(try id(#"{"kind":"a","args":{"c":8,"d":[1,2]},"unique":{"args":["/c","/d"]}}"#) != first)
            #expect(try id(#"{"kind":"a","args":{"c":7,"d":[2,1]},"unique":{"args":["/c","/d"]}}"#) != first)
            #expect(try id(#"{"kind":"a","args":{"c":7},"unique":{"args":["/c"]}}"#) != first)
            let escaped = try id(#"{"kind":"a","args":{"x/y":{"~":1}},"unique":{"args":["/x~1y/~0"]}}"#)
            #expect(try id(#"{"kind":"a","args":{"x/y":{"~":1}},"unique":{"args":["/x~1y/~0"]}}"#) == escaped)
            let absent = try id(#"{"kind":"a","args":{"c":null},"unique":{"args":["/c"]}}"#)
            #expect(try id(#"{"kind":"a","unique":{"args":["/c"]}}"#) == absent)
            let only = try id(#"{"kind":"c","args":{"c":1},"unique":{"args":[]}}"#)
            #expect(try id(#"{"kind":"c","args":{"c":2},"unique":{"args":[]}}"#) == only)
        }
    }

    @Test func `until it started, and not while it is tried again`() async throws {
        try await Self.withStore { store in
            let worker = try store.worker()
            let job = try Self.unique(#"{"key":"x","until":"started"}"#)
            let first = try store.session.enqueue([job])[0].id
            #expect(try store.session.enqueue([job])[0].id == first)
            let claimed = try store.claim(worker)
            let second = try store.session.enqueue([job])[0]
            #expect(second.id != first && !second.isDeduplicated)
            _ = try store.settle(claimed, .retry(after: .seconds(60)), worker)
            #expect(try store.session.enqueue([job])[0].id == second.id)
        }
    }

    @Test func `until it is over, whatever became of it`() async throws {
        try await Self.withStore { store in
            let worker = try store.worker()
            let job = try Self.unique(#"{"key":"x"}"#)
            for verdict in [Verdict.complete, .discard, .cancel] {
                let first = try store.session.enqueue([job])[0]
                #expect(!first.isDeduplicated)
                var claimed = try store.claim(worker)
                let running = try store.session.enqueue([job])[0]
                #expect(running.id == first.id && running.isDeduplicated && running.state == .running)
                _ = try store.settle(claimed, .retry(after: .zero), worker)
                #expect(try store.session.enqueue([job])[0].id == first.id)
                _ = try store.session.promote()
                claimed = try store.claim(worker)
                _ = try store.settle(claimed, verdict, worker)
            }
            #expect(try store.session.enqueue([job])[0].isDeduplicated == false)
        }
    }

    @Test func `until it completed, a discarded one holds on`() async throws {
        try await Self.withStore { store in
            let worker = try store.worker()
            let job = try Self.unique(#"{"key":"x","until":"success"}"#)
            let first = try store.session.enqueue([job])[0].id
            _ = try store.settle(try store.claim(worker), .discard, worker)
            let answer = try store.session.enqueue([job])[0]
            #expect(answer.id == first && answer.state == .discarded)
            _ = try store.session.retry(first, by: "test")
            _ = try store.settle(try store.claim(worker), worker)
            #expect(try store.session.enqueue([job])[0].id != first)
        }
    }

    @Test func `for a time, whatever became of it`() async throws {
        try await Self.withStore { store in
            let worker = try store.worker()
            let job = try Self.unique(#"{"key":"x","for_seconds":60}"#)
            let first = try store.session.enqueue([job])[0].id
            _ = try store.settle(try store.claim(worker), worker)
            #expect(try store.session.enqueue([job])[0].id == first)
            try store.database.script("update tusk.unique_key set expires_at = now() - interval '1 ms'")
            #expect(try store.session.enqueue([job])[0].id != first)
        }
    }

    @Test func `a conflict can be refused, and then nothing is stored`() async throws {
        try await Self.withStore { store in
            let job = try Self.unique(#"{"key":"x","on_conflict":"reject"}"#)
            let first = try store.session.enqueue([job])[0].id
            do {
                _ = try store.session.enqueue([try NewJob.test(), job])
                Issue.record("it was enqueued")
            } catch let error as StoreError {
                #expect(error.uniqueConflict == .held("its unique key is held by job \(first)"))
            }
            #expect(try store.database.number("select count(*) from tusk.job") == 1)
        }
    }

    @Test func `named fields are replaced while it waits, and only these`() async throws {
        try await Self.withStore { store in
            let worker = try store.worker()
            let unique = #"{"key":"x","on_conflict":"replace","replace":["args","run_at","priority"]}"#
            let first = try store.session.enqueue([
                try Self.unique(unique, args: #"{"n":1}"#, more: #","delay_seconds":60,"max_attempts":3"#)
            ])[0]
            let second = try store.session.enqueue([
                try Self.unique(unique, args: #"{"n":2}"#, more: #","delay_seconds":90,"max_attempts":4,"priority":1"#)
            ])[0]
            #expect(second.id == first.id && second.isReplaced && second.state == .scheduled)
            #expect(try #require(second.runAt) > (try #require(first.runAt)))
            let third = try store.session.enqueue([try Self.unique(unique, args: #"{"n":3}"#)])[0]
            #expect(third.id == first.id && third.isReplaced && third.state == .available)
            let claimed = try store.claim(worker)
            #expect(claimed.count == 1 && claimed[0].args.bytes == Array(#"{"n":3}"#.utf8))
            #expect(claimed[0].maxAttempts == 3)
            // What runs is not changed any more.
            let late = try store.session.enqueue([try Self.unique(unique, args: #"{"n":4}"#)])[0]
            #expect(late.id == first.id && late.isDeduplicated && !late.isReplaced)
            #expect(try store.database.texts("select args::text from tusk.job") == [#"{"n":3}"#])
        }
    }

    @Test func `a job is not retried into a key that another one took`() async throws {
        try await Self.withStore { store in
            let worker = try store.worker()
            let job = try Self.unique(#"{"key":"x"}"#)
            let first = try store.session.enqueue([job])[0].id
            _ = try store.settle(try store.claim(worker), .discard, worker)
            let second = try store.session.enqueue([job])[0].id
            #expect(throws: StoreError.self) { _ = try store.session.retry(first, by: "test") }
            #expect(try store.state(first) == .discarded)
            _ = try store.settle(try store.claim(worker), worker)
            _ = try store.session.retry(first, by: "test")
            #expect(try store.session.enqueue([job])[0].id == first)
            #expect(try store.state(second) == .completed)
        }
    }

    @Test func `whoever finds the key in a stranger's transaction is told so within seconds`() async throws {
        try await Self.withStore { store in
            let stranger = try store.database.session()
            defer { stranger.close() }
            try stranger.script(#"begin; select tusk.enqueue('noop', uniqueness => '{"key":"x"}')"#)
            let job = try Self.unique(#"{"key":"x"}"#)
            do {
                _ = try store.session.enqueue([job])
                Issue.record("it was enqueued")
            } catch let error as StoreError {
                let message = "another transaction is enqueuing a job with the same unique key"
                #expect(error.uniqueConflict == .busy(message))
            }
            try stranger.script("rollback")
            #expect(try store.session.enqueue([job])[0].isDeduplicated == false)
        }
    }

    @Test func `many keys are taken in one order, so that nobody waits for each other`() async throws {
        try await withDatabase(.migrated) { database in
            let jobs = try (0..<40).map { try Self.unique(#"{"key":"\#($0)"}"#) }
            let failures = Mutex<[String]>([])
            DispatchQueue.concurrentPerform(iterations: 4) { index in
                do {
                    let session = try database.storeSession()
                    defer { session.close() }
                    for _ in 0..<5 { _ = try session.enqueue(index.isMultiple(of: 2) ? jobs : jobs.reversed()) }
                } catch {
                    failures.withLock { $0.append("\(error)") }
                }
            }
            #expect(failures.withLock(\.self) == [])
            #expect(try database.number("select count(*) from tusk.job") == 40)
        }
    }

    @Test func `keys that nobody holds are forgotten`() async throws {
        try await Self.withStore { store in
            let worker = try store.worker()
            _ = try store.session.enqueue([try Self.unique(#"{"key":"x"}"#), try Self.unique(#"{"key":"y"}"#)])
            _ = try store.settle(try store.claim(worker, max: 1), worker)
            _ = try store.session.prune()
            #expect(try store.database.number("select count(*) from tusk.unique_key") == 1)
            // The next round looks from the start again.
            _ = try store.settle(try store.claim(worker, max: 1), worker)
            _ = try store.session.prune()
            #expect(try store.database.number("select count(*) from tusk.unique_key") == 0)
        }
    }

    @Test func `a request with an idempotency key is answered alike both times`() async throws {
        try await Self.withStore { store in
            let job = try Self.unique(#"{"key":"x"}"#)
            let first = try store.session.enqueue([job])[0].id
            let hash = [UInt8](repeating: 7, count: 32)
            let request = KeyedRequest(keyHash: hash, fingerprint: hash, jobs: [job])
            guard case .accepted(let once) = try store.session.enqueue(keyed: [request])[0],
                case .replayed(let again) = try store.session.enqueue(keyed: [request])[0]
            else {
                Issue.record("it was not accepted")
                return
            }
            #expect(once == again && once[0].id == first && once[0].isDeduplicated)
        }
    }
}
