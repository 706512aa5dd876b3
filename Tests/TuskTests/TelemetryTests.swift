import TestSupport
import Testing
import Tusk
import TuskCore
import TuskStore
import TuskTelemetry

private struct Broken: Error {}

extension WorkerTests {
    @Suite struct TelemetryTests {
        @Test func `what became of jobs is counted, by queue and kind`() async throws {
            try await withDatabase(.migrated) { database in
                let registry = MetricsRegistry()
                let worker = try Worker(.test, store: database.store(), metrics: registry)
                worker.register("good") { _ in }
                worker.register("bad") { _ in throw Broken() }
                worker.register("late") { _ in throw JobDirective.snooze(for: .seconds(60)) }
                let session = try database.storeSession()
                let good = try NewJob.test("good")
                let bad = try NewJob.test("bad", maxAttempts: 1)
                _ = try session.enqueue([good, good, good, bad, try .test("late")])
                worker.start()
                try await eventually { try database.number("select count(*) from tusk.lease") == 0 }
                try await eventually { try database.number("select count(*) from tusk.ready") == 0 }
                try await eventually { registry.lines.contains { $0.contains(#"kind="late",outcome="snoozed"} 1"#) } }
                let lines = registry.lines
                for line in [
                    #"tusk_jobs_claimed_total{queue="default"} 5"#,
                    #"tusk_jobs_finished_total{queue="default",kind="good",outcome="completed"} 3"#,
                    #"tusk_jobs_finished_total{queue="default",kind="bad",outcome="discarded"} 1"#,
                    #"tusk_job_duration_seconds_count{queue="default",kind="good"} 3"#,
                    #"tusk_job_wait_seconds_count{queue="default"} 5"#,
                    #"tusk_job_attempts_count{kind="good"} 3"#,
                    "tusk_worker_slots 8",
                    "tusk_worker_slots_busy 0",
                ] {
                    #expect(lines.contains(line), "\(line)")
                }
                await worker.stop()
            }
        }

        @Test func `an outage and a lost lease are one line each in the log`() async throws {
            let text = Box("")
            let output = LogOutput { bytes in
                text.change { $0 += String(decoding: bytes, as: UTF8.self) }
                return .written
            }
            let gate = Gate()
            try await withDatabase(.migrated) { database in
                let logger = Logger(output, format: .logfmt)
                let worker = try Worker(.test, store: database.store(), logger: logger)
                worker.register("noop") { _ in gate.pass() }
                worker.start()
                _ = try database.storeSession().enqueue([try .test()])
                try await eventually { worker.status.busySlots == 1 }
                try database.script("delete from tusk.lease")
                gate.open()
                try await eventually { text.value.contains("lease lost, result refused") }
                await worker.stop()
                output.flush()
                let lines = text.value.split(separator: "\n")
                #expect(lines.count { $0.contains("lease lost") } == 1)
                #expect(lines.contains { $0.contains("level=notice") && $0.contains(#"message="worker registered""#) })
                #expect(lines.contains { $0.contains(#"message="worker stopped" unsettled_jobs=0"#) })
            }
            output.stop()
        }
    }
}

extension MetricsRegistry {
    fileprivate var lines: [String] {
        String(decoding: text(), as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
