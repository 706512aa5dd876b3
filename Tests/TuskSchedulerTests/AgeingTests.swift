import TestSupport
import Testing
import TuskCore
import TuskStore

@testable import TuskScheduler

/// Jobs that go up a band because they have waited long.
@Suite struct AgeingTests {
    @Test func `a job goes up a band for each time that it waited, behind those that are there`() async throws {
        try await withDatabase(.migrated) { database in
            let session = try database.storeSession()
            defer { session.close() }
            try session.setAgeing(.seconds(60), of: .standard, by: "test")
            let old = try session.enqueue([.test(priority: 9), .test(priority: 9)]).map(\.id)
            try database.script("update tusk.ready set available_at = now() - interval '150 s'")
            _ = try session.enqueue([.test(priority: 8), .test(priority: 9), .test(queue: "other", priority: 9)])
            let first = try session.ageJobs()
            #expect(first.moved == 2 && first.queues == [.standard] && first.isUsed)
            let order = "select string_agg(id::text, ' ' order by rank) from tusk.ready where priority = 8"
            let line = try database.texts(order)[0].split(separator: " ").map(String.init)
            #expect(line.count == 3 && Array(line[1...]) == old.map(\.description))
            #expect(try session.ageJobs().moved == 2)
            #expect(try session.ageJobs().moved == 0, "twice 60 s, not three times")
            let bands = "select priority || ':' || count(*) from tusk.ready group by priority order by priority"
            #expect(try database.texts(bands) == ["7:2", "8:1", "9:2"])
            #expect(try session.job(old[0])?.priority == 7, "where it waits now")
            #expect(try session.job(old[0])?.state == .available)
            try session.setAgeing(nil, of: .standard, by: "test")
            try database.script("update tusk.ready set available_at = now() - interval '1 day'")
            let none = try session.ageJobs()
            #expect(none.moved == 0 && !none.isUsed)
        }
    }

    @Test func `a scheduler lets jobs age and wakes workers`() async throws {
        try await withScheduler { fixture in
            let session = try fixture.database.storeSession()
            defer { session.close() }
            try session.setAgeing(.seconds(60), of: .standard, by: "test")
            _ = try session.enqueue([.test(priority: 9)])
            try fixture.database.script("update tusk.ready set available_at = now() - interval '1 day'")
            _ = fixture.start()
            try await soon { try fixture.database.number("select priority from tusk.ready") == 0 }
            #expect(Set(fixture.wokenQueues) == ["default"])
        }
    }

    @Test func `what is out of range is refused`() async throws {
        try await withDatabase(.migrated) { database in
            for ageing in ["0.9 s", "8 days", "-1 s"] {
                #expect(throws: (any Error).self, "\(ageing)") {
                    try database.script("select tusk.set_ageing('mail', '\(ageing)')")
                }
            }
            let queues = try database.number("select count(*) from tusk.queue")
            #expect(queues == 0)
        }
    }
}
