import TestSupport
import Testing
import Tusk
import TuskCore
import TuskStore

private struct Report: JobHandler {
    struct Args: Codable, Sendable {
        var number: Int
    }

    static let kind: Kind = "report"

    func perform(_ args: Args, _ context: JobContext) async throws {}
}

@Suite struct ClientScheduleTests {
    @Test func `a schedule is put, looked at, paused, run, resumed and removed`() async throws {
        try await withDatabase(.migrated) { database in
            let client = Client(store: database.store())
            defer { client.close() }
            var options = ScheduleOptions()
            options.timeZone = "Europe/Rome"
            options.overlap = .queueOne
            options.jitter = .milliseconds(1500)
            options.catchUp = .all(max: 3, window: .seconds(60))
            let args = Report.Args(number: 7)
            #expect(try await client.putSchedule("daily", cron: "0 6 * * *", Report.self, args, options))
            #expect(try await !client.putSchedule("daily", cron: "0 6 * * *", Report.self, args, options))
            let session = try database.storeSession()
            defer { session.close() }
            let stored = try #require(try session.schedule("daily"))
            #expect(stored.overlap == .queueOne && stored.jitter == .milliseconds(1500))
            #expect(stored.catchUp == .all(max: 3, window: .seconds(60)) && stored.timeZone == "Europe/Rome")
            #expect(try await client.nextTicks(of: "daily", count: 3)?.count == 3)
            #expect(try await client.pauseSchedule("daily", by: "anna"))
            let job = try await client.runSchedule("daily", by: "anna")
            #expect(try database.texts("select args::text from tusk.job") == [#"{"number":7}"#])
            #expect(try database.number("select id from tusk.job") == job?.rawValue)
            #expect(try await client.resumeSchedule("daily"))
            #expect(try await client.removeSchedule("daily"))
            #expect(try await !client.removeSchedule("daily"))
            #expect(try await client.runSchedule("daily", by: "anna") == nil)
            #expect(try await client.nextTicks(of: "daily") == nil)
        }
    }

    @Test func `what is wrong is thrown with its field, and nothing is stored`() async throws {
        try await withDatabase(.migrated) { database in
            let client = Client(store: database.store())
            defer { client.close() }
            var options = ScheduleOptions()
            options.timeZone = "Mars"
            options.jitter = .seconds(-1)
            let pointers = await Self.refusal(of: "a b", cron: "0 0 30 2 *", options, client)
            #expect(pointers == ["#/cron", "#/jitter_seconds", "#/name", "#/time_zone"])
            let count = try database.number("select count(*) from tusk.schedule")
            #expect(count == 0)
        }
    }

    /// The fields that are wrong.
    private static func refusal(
        of name: String,
        cron: String,
        _ options: ScheduleOptions,
        _ client: Client
    ) async -> [String] {
        do throws(TuskError) {
            try await client.putSchedule(name, cron: cron, Report.self, Report.Args(number: 1), options)
            return []
        } catch {
            guard case .invalid(let problems) = error else { return ["\(error)"] }
            return problems.problems.map(\.pointer).sorted()
        }
    }
}
