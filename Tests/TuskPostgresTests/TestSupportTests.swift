import Synchronization
import TestSupport
import Testing
import TuskPostgres

/// What the tests themselves stand on.
@Suite struct DatabaseTests {
    @Test func `a template is prepared once and copied for each test`() async throws {
        let prepared = Mutex(0)
        let content = String(UInt64.random(in: 0 ... .max), radix: 16)
        let template = DatabaseTemplate(name: "sample", content: content) { session in
            prepared.withLock { $0 += 1 }
            try session.script("create table public.sample (n int); insert into public.sample values (7)")
        }
        let names = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    try await withDatabase(template) { database in
                        let session = try database.session()
                        #expect(try session.number("select sum(n) from public.sample") == 7)
                        try session.script("insert into public.sample values (1)")
                        return database.name
                    }
                }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(names.count == 4)
        #expect(prepared.withLock { $0 } == 1)
    }

    @Test func `a database is dropped at the end, also when the test fails and leaves sessions open`() async throws {
        struct Failure: Error {}
        let left = Mutex<(name: String, session: Left)?>(nil)
        await #expect(throws: Failure.self) {
            try await withDatabase { database in
                let session = try database.session()
                left.withLock { $0 = (database.name, Left(session: session)) }
                throw Failure()
            }
        }
        let name = try #require(left.withLock { $0?.name })
        try await withDatabase { database in
            let session = try database.session()
            #expect(try session.number("select count(*) from pg_database where datname = '\(name)'") == 0)
        }
    }

    /// Carries a session out of its test, where nobody uses it.
    private struct Left: @unchecked Sendable {
        let session: Session
    }

    @Test func `waiting for what never happens ends with an error that says where`() async throws {
        let error = await #expect(throws: NeverHappened.self) {
            try await eventually(within: .milliseconds(50), "the impossible") { false }
        }
        #expect(error?.description.contains("the impossible") == true)
        #expect(error?.description.contains("TestSupportTests.swift") == true)
    }
}
