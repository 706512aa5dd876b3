import Dispatch
import Synchronization
import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

/// Changes of jobs against claims and releases at the same moment.
@Suite struct JobEditRaceTests {
    /// Each job is edited once, by one of eight, while one claims: it runs once, with the old or the new values.
    @Test(arguments: [false, true])
    func `of 64 edits against claims each wins wholly or changes nothing`(isMoved: Bool) async throws {
        try await withDatabase(.migrated) { database in
            let store = try StoreFixture(database)
            defer { store.session.close() }
            let worker = try store.worker()
            let old = try NewJob.of(#"{"kind":"noop","args":{"n":1},"tags":["old"],"max_attempts":3}"#)
            let ids = try store.session.enqueue(Array(repeating: old, count: 64)).map(\.id)
            let more = isMoved ? #","queue":"mail""# : ""
            let edit = try JobEdit(#"{"args":{"n":2},"tags":["new"],"max_attempts":4\#(more)}"#)
            let answers = Mutex<[JobID: JobEditAnswer]>([:])
            let claimed = Mutex<[ClaimedJob]>([])
            DispatchQueue.concurrentPerform(iterations: 9) { number in
                guard let own = try? StoreFixture(database) else { return }
                defer { own.session.close() }
                if number == 8 {
                    for _ in 0..<200 where claimed.withLock({ $0.count }) < 64 {
                        guard let jobs = try? own.claim(worker, max: 2, queues: ["default", "mail"]) else { continue }
                        claimed.withLock { $0 += jobs }
                    }
                    return
                }
                // From both ends, so that claims meet them.
                for index in 0..<8 {
                    let id = ids[number % 2 == 0 ? number * 8 + index : number * 8 + 7 - index]
                    guard let answer = try? own.edit(id, edit) else { continue }
                    answers.withLock { $0[id] = answer }
                }
            }
            claimed.withLock { $0 += (try? store.claim(worker, queues: ["default", "mail"])) ?? [] }
            let jobs = claimed.withLock(\.self)
            #expect(jobs.map(\.id).sorted() == ids.sorted(), "each runs once")
            for job in jobs {
                let isNew = try #require(answers.withLock { $0[job.id] }).isChanged
                let values = [job.args.text, job.tags.joined(), String(job.maxAttempts)]
                #expect(values == (isNew ? [#"{"n":2}"#, "new", "4"] : [#"{"n":1}"#, "old", "3"]), "job \(job.id)")
                #expect(job.queue == (isNew && isMoved ? "mail" : "default"))
            }
        }
    }

    @Test func `a claim that began before a change was committed does not take the job as it was`() async throws {
        try await withDatabase(.migrated) { database in
            let store = try StoreFixture(database)
            defer { store.session.close() }
            let worker = try store.worker()
            // What a claim has to step over, so that changes are committed between its snapshot and its row.
            try database.script(
                """
                insert into tusk.ready (priority, args_bytes, id, available_at, queue, kind)
                select 5, 2, -number, now(), 'default', 'other' from generate_series(1, 50000) as number
                """
            )
            let edit = try JobEdit(#"{"args":{"n":2}}"#)
            var changed = 0
            for round in 0..<20 {
                let id = try store.enqueue(count: 1)[0]
                let answer = Mutex<JobEditAnswer?>(nil)
                let claimed = Mutex<[ClaimedJob]>([])
                DispatchQueue.concurrentPerform(iterations: 2) { number in
                    guard let own = try? StoreFixture(database) else { return }
                    defer { own.session.close() }
                    if number == 0 {
                        answer.withLock { $0 = try? own.edit(id, edit) }
                    } else {
                        claimed.withLock { $0 = (try? own.claim(worker)) ?? [] }
                    }
                }
                claimed.withLock { $0 += (try? store.claim(worker)) ?? [] }
                let isChanged = try #require(answer.withLock { $0 }).isChanged
                changed += isChanged ? 1 : 0
                let args = claimed.withLock { $0.map(\.args.text) }
                #expect(args == [isChanged ? #"{"n":2}"# : "{}"], "round \(round)")
            }
            #expect(changed > 0)
        }
    }

    @Test(arguments: [
        "select tusk.edit_job(ID, '{priority}', priority => 1)",
        """
        select tusk.enqueue(
            'noop', '[2]', uniqueness => '{"key":"k","on_conflict":"replace","replace":["args"]}'
        )
        """,
    ])
    func `a line that goes on while its next job is changed lets that go, and not the one behind`(
        _ change: String
    ) async throws {
        try await withDatabase(.migrated) { database in
            let store = try StoreFixture(database)
            defer { store.session.close() }
            let worker = try store.worker()
            let job = try NewJob(kind: "noop", order: JobOrder("line"))
            let next = try NewJob.of(#"{"kind":"noop","order":"line","unique":{"key":"k"}}"#)
            let ids = try store.enqueue(job) + store.enqueue(next) + store.enqueue(job)
            _ = try store.settle(try store.claimGated(worker).jobs, worker)
            let own = try database.session()
            defer { own.close() }
            try own.script("begin; " + change.replacing("ID", with: "\(ids[1])"))
            let hasEnded = Ended()
            // A thread of its own: a child task would begin on this one.
            DispatchQueue(label: "release").async {
                if let other = try? StoreFixture(database) {
                    _ = try? other.session.releaseNext()
                    other.session.close()
                }
                hasEnded.note()
            }
            let waits = Statement(
                name: "waits",
                text: """
                    select count(*) from pg_locks as held
                    inner join pg_stat_activity as session on session.pid = held.pid
                    where not held.granted and session.datname = current_database()
                    """,
                isReadOnly: true
            )
            while !hasEnded.isTrue, try store.session.session.run(waits).int8(0, 0) == 0 {}
            try own.script("commit")
            try await eventually(within: .seconds(10), "the release has ended") { hasEnded.isTrue }
            _ = try store.session.releaseNext()
            #expect(try ids.map(store.state) == [.completed, .available, .blocked])
        }
    }

    @Test func `a condition is asked of a job that nobody can claim meanwhile`() async throws {
        try await withDatabase(.migrated) { database in
            let store = try StoreFixture(database)
            defer { store.session.close() }
            let other = try StoreFixture(database)
            defer { other.session.close() }
            let worker = try store.worker()
            let id = try store.enqueue(count: 1)[0]
            let edit = try JobEdit(#"{"queue":"mail"}"#)
            let taken = Mutex<Int?>(nil)
            let answer = try store.session.edit(id, edit, by: "test") { job in
                taken.withLock { $0 = (try? other.claim(worker))?.count }
                return job.queue == "default"
            }
            #expect(answer.isChanged && taken.withLock(\.self) == 0)
            #expect(try store.session.edit(id, edit, by: "test") { _ in false } == .refused)
        }
    }
}

/// Whether something on another thread has ended.
private final class Ended: Sendable {
    private let state = Mutex(false)

    var isTrue: Bool { state.withLock { $0 } }

    func note() { state.withLock { $0 = true } }
}
