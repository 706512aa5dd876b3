import Foundation
import Testing

@testable import TuskTelemetry

/// Prometheus' own judge of an exposition.
struct PromtoolTests {
    /// Exit status and output of `promtool check metrics` on a text.
    private func judge(_ text: [UInt8]) throws -> (status: Int32, output: String) {
        let file = FileManager.default.temporaryDirectory.appending(path: "tusk-metrics-\(UUID())")
        try Data(text).write(to: file)
        defer { unlink(file.path) }
        let promtool = Process()
        let answer = Pipe()
        promtool.executableURL = URL(filePath: "/usr/bin/env")
        promtool.arguments = ["promtool", "check", "metrics"]
        promtool.standardInput = try FileHandle(forReadingFrom: file)
        promtool.standardOutput = answer
        promtool.standardError = answer
        try promtool.run()
        let output = try answer.fileHandleForReading.readToEnd() ?? Data()
        promtool.waitUntilExit()
        try #require(promtool.terminationStatus != 127, "promtool is not on PATH; deploy/test fetches it")
        return (promtool.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    @Test func `promtool accepts every type of metric and every label value`() throws {
        let registry = MetricsRegistry()
        registry.addProcessMetrics()
        let jobs = registry.counter("tusk_jobs_total", help: "Jobs \\ that\nended.", labels: ["queue", "kind"])
        for value in ["plain", "", "\"quoted\"", "back\\slash", "two\nlines", "naïve 🦣", "\u{1B}[2J", "a}b{c,d=e"] {
            jobs.with("mail", value).increment()
        }
        registry.gauge("tusk_worker_slots", help: "Slots.").set(2.5)
        let wait = registry.histogram("tusk_job_wait_seconds", help: "Wait.", labels: ["queue"])
        wait.with("mail").observe(0.2)
        wait.with("bulk").observe(1e9)
        registry.sampled("tusk_db_connections", type: .gauge, help: "Connections.") { [MetricSample(-.infinity)] }
        let (status, output) = try judge(registry.text())
        #expect(status == 0, "\(output)")
        #expect(output.isEmpty)
    }

    @Test func `promtool would complain about a text that is wrong`() throws {
        let (status, output) = try judge(Array("tusk_jobs{queue=\"a\nb\"} 1\n".utf8))
        #expect(status != 0)
        #expect(!output.isEmpty)
    }
}
