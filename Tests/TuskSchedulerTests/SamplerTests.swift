import TestSupport
import Testing
import TuskCore
import TuskStore
import TuskTelemetry

@testable import TuskScheduler

/// How much waits in queues, as metrics of the scheduler that leads.
@Suite struct SamplerTests {
    private static let often: SchedulerConfiguration = {
        var configuration = SchedulerFixture.quick
        configuration.sampleInterval = .milliseconds(30)
        // So long that the first one leads to the end of the test.
        configuration.leaderTime = .seconds(60)
        return configuration
    }()

    @Test func `the leader alone shows how much waits in each queue, and a queue that is empty again as empty`()
        async throws
    {
        try await withScheduler { fixture in
            let (first, second) = (MetricsRegistry(), MetricsRegistry())
            try fixture.database.script("select tusk.enqueue('k', queue => 'mail') from generate_series(1, 5)")
            let leader = fixture.start("first", Self.often, metrics: first)
            try await soon { leader.isLeader }
            _ = fixture.start("second", Self.often, metrics: second)
            let lines = { (registry: MetricsRegistry) in
                String(decoding: registry.text(), as: UTF8.self).split(separator: "\n").map(String.init)
            }
            try await soon { lines(first).contains(#"tusk_queue_jobs{queue="mail",state="available"} 5"#) }
            try await soon {
                let age = lines(first).first { $0.hasPrefix(#"tusk_queue_oldest_available_age_seconds{queue="mail"}"#) }
                return (age?.split(separator: " ").last.flatMap { Double($0) } ?? 0) > 0
            }
            #expect(!lines(second).contains { $0.hasPrefix("tusk_queue_") })
            // As in the next minute.
            try fixture.database.script("delete from tusk.ready")
            try await soon {
                try fixture.database.script("delete from tusk.minute")
                return lines(first).contains(#"tusk_queue_jobs{queue="mail",state="available"} 0"#)
            }
            try fixture.database.script(
                "update tusk.leader set holder = gen_random_uuid(), expires_at = now() + interval '1 hour'"
            )
            try await soon { !lines(first).contains { $0.hasPrefix("tusk_queue_") } }
        }
    }
}
