package import TuskCore
import TuskPostgres
package import TuskStore

extension DatabaseTemplate {
    /// The schema as all migrations leave it, with the partitions of the coming days.
    package static let migrated = DatabaseTemplate(
        name: "migrated",
        content: Migration.all.map(\.checksum).joined()
    ) { session in
        _ = try StoreSession(session).migrate()
    }
}

extension TestDatabase {
    /// A store for this database.
    package func store(sessionsMax: Int = 4) -> Store {
        Store(settings, sessionsMax: sessionsMax)
    }

    /// A session with the jobs' statements, its plans pinned as those of a worker.
    package func storeSession() throws -> StoreSession {
        var pinned = settings
        pinned.plan = .pinned
        return StoreSession(try Session(pinned))
    }

    /// Runs a test's own SQL, which may be several statements.
    package func script(_ text: String) throws {
        let session = try session()
        defer { session.close() }
        try session.script(text)
    }

    /// The first column of the first row of a test's own query that answers an integer.
    package func number(_ text: String) throws -> Int64 {
        let session = try session()
        defer { session.close() }
        let statement = Statement(name: "test_number", text: "select (\(text))::bigint", isReadOnly: true)
        return try session.run(statement, Parameters()).int8(0, 0)
    }

    /// The first column of all rows of a test's own query, as text.
    package func texts(_ text: String) throws -> [String] {
        let session = try session()
        defer { session.close() }
        let rows = try session.run(Statement(name: "test_texts", text: text, isReadOnly: true), Parameters())
        return (0..<rows.rowCount).map { rows.text($0, 0) }
    }
}

/// Says that a test's fixture could not be made.
package struct FixtureError: Error {
    package let what: String

    package init(_ what: String) {
        self.what = what
    }
}

extension NewJob {
    /// A job for a test, from text that must be right.
    package static func test(
        _ kind: String = "noop",
        args: String = "{}",
        queue: String = "default",
        priority: Int16 = 5,
        runAt: RunTime = .now,
        maxAttempts: Int = 20,
        retry: RetryPolicy? = nil,
        limits: [JobLimit] = [],
        order: JobOrder? = nil
    ) throws -> NewJob {
        guard let kind = Kind(kind), let queue = QueueName(queue), let priority = Priority(rawValue: priority) else {
            throw FixtureError("a job's names")
        }
        return try NewJob(
            kind: kind,
            args: try JSONText(validating: Array(args.utf8)),
            queue: queue,
            priority: priority,
            runAt: runAt,
            maxAttempts: maxAttempts,
            retry: retry,
            limits: limits,
            order: order
        )
    }
}
