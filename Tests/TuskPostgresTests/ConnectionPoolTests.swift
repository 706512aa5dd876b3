import Dispatch
import Synchronization
import TestSupport
import Testing
import TuskPostgres

@Suite struct ConnectionPoolTests {
    private let one = Statement(name: "one", text: "select 1")

    @Test func `a session is opened when needed and used again`() async throws {
        try await withDatabase { database in
            let pool = ConnectionPool(database.settings, sizeMax: 3)
            #expect(pool.statistics.opened == 0)
            let first = try pool.with { $0.backendPID }
            let second = try pool.with { $0.backendPID }
            #expect(first == second)
            #expect(pool.statistics.opened == 1)
            #expect(pool.statistics.idle == 1)
            pool.close()
        }
    }

    @Test func `no more sessions are lent than the pool may have`() async throws {
        try await withDatabase { database in
            let pool = ConnectionPool(database.settings, sizeMax: 2)
            let first = try pool.borrow()
            let second = try pool.borrow()
            let start = ContinuousClock.now
            #expect(throws: PostgresError.deadline(sent: false)) {
                try pool.with(deadline: .after(.milliseconds(200))) { _ in }
            }
            #expect(start.duration(to: .now) >= .milliseconds(200))
            #expect(pool.statistics.lent == 2)
            #expect(pool.statistics.waiting == 0)
            #expect(first.session.backendPID != second.session.backendPID)
        }
    }

    @Test func `many threads share few sessions and all get their turn`() async throws {
        try await withDatabase { database in
            let pool = ConnectionPool(database.settings, sizeMax: 3)
            let book = Mutex((inUse: 0, most: 0, done: 0, failures: [PostgresError]()))
            let group = DispatchGroup()
            // The first borrower keeps its session until a second one has one too.
            let second = DispatchSemaphore(value: 0)
            for number in 0..<24 {
                DispatchQueue(label: "borrower-\(number)").async(group: group) {
                    for _ in 0..<20 {
                        do throws(PostgresError) {
                            try pool.with { session throws(PostgresError) in
                                let isFirst = book.withLock { book in
                                    book.inUse += 1
                                    if book.most < 2, book.inUse == 2 { second.signal() }
                                    defer { book.most = max(book.most, book.inUse) }
                                    return book.most == 0
                                }
                                if isFirst { _ = second.wait(timeout: .now() + 10) }
                                _ = try session.run(one)
                                book.withLock { $0.inUse -= 1 }
                            }
                            book.withLock { $0.done += 1 }
                        } catch {
                            book.withLock { $0.failures.append(error) }
                        }
                    }
                }
            }
            group.wait()
            #expect(book.withLock { $0.failures } == [])
            #expect(book.withLock { $0.done } == 480)
            #expect((2...3).contains(book.withLock { $0.most }))
            #expect(pool.statistics.opened <= 3)
        }
    }

    @Test func `a session that was left in a transaction or listening is not lent again`() async throws {
        try await withDatabase { database in
            let pool = ConnectionPool(database.settings)
            let first = try pool.with { session throws(PostgresError) in
                _ = try session.run(Statement(name: "begin", text: "begin"))
                return session.backendPID
            }
            let second = try pool.with { session throws(PostgresError) in
                try session.listen("tusk")
                return session.backendPID
            }
            let third = try pool.with { $0.backendPID }
            #expect(Set([first, second, third]).count == 3)
            #expect(pool.statistics.closed == 2)
        }
    }

    @Test func `a session that died while idle is replaced before anybody gets it`() async throws {
        try await withDatabase { database in
            let pool = ConnectionPool(database.settings)
            let killer = try database.session()
            for _ in 0..<3 {
                let loan = try pool.borrow()
                let idle = loan.session
                _ = consume loan
                try killer.kill(idle)
                #expect(try pool.with { session throws(PostgresError) in try session.run(one).int4(0, 0) } == 1)
            }
        }
    }

    @Test func `when the server ends one session all others are replaced`() async throws {
        try await withDatabase { database in
            let pool = ConnectionPool(database.settings, sizeMax: 3)
            let killer = try database.session()
            let first = try pool.borrow()
            let second = try pool.borrow()
            let third = try pool.borrow()
            let firstPID = first.session.backendPID
            _ = consume first
            try killer.kill(second.session)
            #expect(throws: PostgresError.self) { try second.session.run(one) }
            _ = consume second
            #expect(pool.statistics.idle == 0)
            let thirdPID = third.session.backendPID
            _ = consume third
            #expect(pool.statistics.idle == 0)
            let next = try pool.with { $0.backendPID }
            #expect(next != firstPID && next != thirdPID)
        }
    }

    @Test func `a write on a read-only server replaces all sessions`() async throws {
        try await withDatabase { database in
            try database.session().script("create table public.t (n int)")
            let pool = ConnectionPool(database.settings)
            let write = Statement(name: "write", text: "insert into public.t values (1)")
            let process = try pool.with { $0.backendPID }
            #expect(throws: PostgresError.self) {
                try pool.with { session throws(PostgresError) in
                    try session.transaction(readOnly: true) { session throws(PostgresError) in
                        _ = try session.run(write)
                    }
                }
            }
            #expect(try pool.with { $0.backendPID } == process, "the caller asked for read-only")
            #expect(throws: PostgresError.self) {
                try pool.with { session throws(PostgresError) in
                    _ = try session.run(Statement(name: "set", text: "set default_transaction_read_only = on"))
                    _ = try session.run(write)
                }
            }
            #expect(try pool.with { $0.backendPID } != process)
        }
    }

    @Test func `after a deadline the other sessions must prove themselves`() async throws {
        try await withDatabase { database in
            let proxy = try FaultProxy(to: database.connectionString)
            var settings = database.settings
            settings.conninfo = proxy.connectionString(database.connectionString)
            let pool = ConnectionPool(settings, sizeMax: 3)
            let first = try pool.borrow()
            let second = try pool.borrow()
            _ = consume second
            proxy.mode = .blackhole
            #expect(throws: PostgresError.self) { try first.session.run(one, deadline: .after(.milliseconds(100))) }
            _ = consume first
            // Connections made from now on work; the idle one leads nowhere.
            proxy.mode = .dropReplies
            #expect(throws: PostgresError.self) {
                try pool.with(deadline: .after(.milliseconds(300))) { _ in }
            }
            proxy.mode = .pass
            try await eventually {
                do throws(PostgresError) {
                    return try pool.with { session throws(PostgresError) in try session.run(one).int4(0, 0) } == 1
                } catch {
                    return false
                }
            }
        }
    }

    @Test func `after a failed attempt borrowers are refused at once until the server is back`() async throws {
        try await withDatabase { database in
            let proxy = try FaultProxy(to: database.connectionString)
            proxy.mode = .cut
            var settings = database.settings
            settings.conninfo = proxy.connectionString(database.connectionString)
            let pool = ConnectionPool(settings)
            let start = ContinuousClock.now
            var refusals = 0
            while start.duration(to: .now) < .milliseconds(300) {
                let error = #expect(throws: PostgresError.self) { try pool.with { _ in } }
                #expect(error?.isTransient == true)
                #expect(error?.isUnknownOutcome == false)
                refusals += 1
            }
            #expect(pool.statistics.failed < 50)
            #expect(refusals > 2 * pool.statistics.failed)
            proxy.mode = .pass
            try await eventually(within: .seconds(10)) {
                do throws(PostgresError) {
                    return try pool.with { session throws(PostgresError) in try session.run(one).int4(0, 0) } == 1
                } catch {
                    return false
                }
            }
        }
    }

    @Test func `a closed pool refuses everybody and closes what comes back`() async throws {
        try await withDatabase { database in
            let pool = ConnectionPool(database.settings, sizeMax: 1)
            let loan = try pool.borrow()
            let waiting = Mutex<PostgresError?>(nil)
            let group = DispatchGroup()
            DispatchQueue(label: "borrower").async(group: group) {
                do throws(PostgresError) {
                    try pool.with { _ in }
                } catch {
                    waiting.withLock { $0 = error }
                }
            }
            try await eventually { pool.statistics.waiting == 1 }
            pool.close()
            pool.close()
            group.wait()
            #expect(waiting.withLock { $0 } == .closed)
            #expect(throws: PostgresError.closed) { try pool.with { _ in } }
            let session = loan.session
            #expect(session.isUsable)
            _ = consume loan
            #expect(!session.isUsable)
        }
    }
}
