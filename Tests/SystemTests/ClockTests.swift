import Foundation
import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

/// The host's clock may be wrong by hours: only the database's counts.
@Suite struct ClockTests {
    private static let library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"

    @Test func `a worker whose clock is hours ahead and a scheduler whose clock is hours behind work as ever`()
        async throws
    {
        try #require(
            FileManager.default.fileExists(atPath: Self.library),
            "the Debian package libfaketime is missing; deploy/test installs it"
        )
        try await withDatabase(.migrated) { database in
            let run = try HistoryRun(database)
            let session = try database.storeSession()
            defer { session.close() }
            try run.startScheduler(environment: Self.clock("-3h"))
            try run.startWorker(environment: Self.clock("+3h"))
            let ids = try run.enqueue(
                [
                    try HistoryRun.job(milliseconds: 5),
                    try HistoryRun.job(milliseconds: 5, first: "fail"),
                    try HistoryRun.job(milliseconds: 5, runAt: .after(.seconds(1))),
                    // Longer than the lease time: the heartbeats have to reach the database's clock.
                    try HistoryRun.job(milliseconds: 3000),
                ],
                session
            )
            let future = try run.enqueue(
                [try HistoryRun.job(milliseconds: 5, runAt: .after(.seconds(3600)))],
                session
            )
            try await eventually(within: .seconds(30), "the end of the jobs that are due") {
                try ids.allSatisfy { try session.job($0)?.state == .completed }
            }
            #expect(try session.job(future[0])?.state == .scheduled)
            #expect(try database.number("select count(*) from tusk.attempt where ended = 'lost'") == 0)
            let skewed = """
                select count(*) from tusk.outcome
                where
                    abs(extract(epoch from finished_at - now())) > 60
                    or abs(extract(epoch from started_at - now())) > 60
                """
            #expect(try database.number(skewed) == 0)
            #expect(try run.stopWorkers() == [0])
        }
    }

    /// Moves the wall clock of a process, and leaves its steady clocks alone.
    private static func clock(_ offset: String) -> [String: String] {
        ["LD_PRELOAD": library, "FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1"]
    }
}
