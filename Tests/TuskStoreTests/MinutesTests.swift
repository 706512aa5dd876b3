import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

/// What happened in each minute, for charts.
@Suite struct MinutesTests {
    @Test func `what several processes counted adds up, by queue and in all`() async throws {
        try await withStore { store in
            var tally = QueueTally()
            for _ in 0..<3 { tally.settled(.complete) }
            tally.settled(.retry(after: .zero))
            tally.settled(.giveBack)
            tally.claimed(after: .milliseconds(30))
            tally.ran(for: .seconds(4000))
            var other = QueueTally()
            other.settled(.discard)
            other.settled(.cancel)
            other.claimed(after: .milliseconds(30))
            let mail: QueueName = "mail"
            try store.session.note([.standard: tally, mail: other])
            try store.session.note([.standard: tally])

            // The minute may have ended between the two.
            func sum(_ queue: QueueName?, _ field: (SeriesPoint) -> Int64) throws -> Int64 {
                try store.session.series(of: queue, seconds: 600, step: 60).map(field).reduce(0, +)
            }
            #expect(try sum(.standard, \.completed) == 6 && sum(.standard, \.failed) == 2)
            #expect(try sum(mail, \.discarded) == 1 && sum(mail, \.cancelled) == 1 && sum(mail, \.completed) == 0)
            #expect(try sum(nil, \.completed) == 6 && sum(nil, \.discarded) == 1)
            #expect(try sum(nil) { $0.waits[3] } == 3, "30 ms are above 25 and up to 50")
            #expect(try sum(nil) { $0.runs[QueueTally.bounds.count] } == 2)
        }
    }

    @Test func `steps begin where they should, and old minutes go`() async throws {
        try await withStore { store in
            try store.database.script(
                """
                insert into tusk.minute (minute, queue, completed, waits, runs)
                select date_bin('1 hour', now(), '2000-01-01') - back.hours * interval '1 hour', 'default', 1,
                    array_fill(0, array[19]), array_fill(0, array[19])
                from unnest('{0,1,2,400}'::integer[]) as back (hours)
                """
            )
            let points = try store.session.series(of: nil, seconds: 2 * 3600, step: 3600)
            #expect(points.count == 3 && points.allSatisfy { $0.completed == 1 })
            #expect(points[1].at.microseconds - points[0].at.microseconds == 3_600_000_000)
            _ = try store.session.prune()
            #expect(try store.database.number("select count(*) from tusk.minute") == 3)
        }
    }

    @Test func `a sample says how much waits, and since when`() async throws {
        try await withStore { store in
            try store.enqueue(count: 5)
            try store.enqueue(count: 2, queue: "mail")
            let past = "now() - interval '90 s'"
            try store.database.script("update tusk.ready set available_at = \(past) where queue = 'mail'")
            #expect(try store.session.sampleQueues() == 2)
            let points = try store.session.series(of: QueueName("mail"), seconds: 600, step: 60)
            #expect(points.last?.available == 2)
            #expect((points.last?.oldestWait ?? .zero) >= .seconds(90))
            #expect(try store.session.series(of: nil, seconds: 600, step: 60).last?.available == 7)
        }
    }

    @Test func `quantiles lie within the bucket that holds them`() {
        var counts = [Int64](repeating: 0, count: QueueTally.bounds.count + 1)
        #expect(SeriesPoint.quantile(0.5, of: counts) == nil)
        counts[3] = 100
        #expect(abs((SeriesPoint.quantile(0.5, of: counts) ?? 0) - 0.0375) < 1e-9)
        counts[QueueTally.bounds.count] = 100
        #expect(SeriesPoint.quantile(0.99, of: counts) == 1800, "longer than all bounds")
    }
}
