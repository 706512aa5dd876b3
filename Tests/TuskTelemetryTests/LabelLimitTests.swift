import Testing

@testable import TuskTelemetry

struct LabelLimitTests {
    @Test func `values beyond a label's limit are counted together as _other`() {
        let registry = MetricsRegistry(limits: MetricLimits(valuesMax: 2, seriesMax: 100))
        let jobs = registry.counter("tusk_jobs_total", help: "Jobs.", labels: ["kind", "outcome"])
        for kind in ["a", "b", "c", "d"] {
            jobs.with(kind, "completed").increment()
            jobs.with(kind, "retry").increment()
        }
        #expect(
            lines(registry).dropFirst(2) == [
                #"tusk_jobs_total{kind="_other",outcome="completed"} 2"#,
                #"tusk_jobs_total{kind="_other",outcome="retry"} 2"#,
                #"tusk_jobs_total{kind="a",outcome="completed"} 1"#,
                #"tusk_jobs_total{kind="a",outcome="retry"} 1"#,
                #"tusk_jobs_total{kind="b",outcome="completed"} 1"#,
                #"tusk_jobs_total{kind="b",outcome="retry"} 1"#,
            ]
        )
    }

    @Test func `a metric that is full counts new label sets as all _other`() {
        let registry = MetricsRegistry(limits: MetricLimits(valuesMax: 10, seriesMax: 3))
        let jobs = registry.counter("tusk_jobs_total", help: "Jobs.", labels: ["queue", "kind"])
        for queue in 0..<4 {
            for kind in 0..<4 { jobs.with("q\(queue)", "k\(kind)").increment() }
        }
        let samples = lines(registry).filter { !$0.hasPrefix("#") }
        #expect(samples.count == 4)
        #expect(samples.first == #"tusk_jobs_total{queue="_other",kind="_other"} 13"#)
    }

    @Test func `no stream of values makes a metric grow beyond its limit`() {
        var random = SystemRandomNumberGenerator()
        let registry = MetricsRegistry()
        let jobs = registry.counter("tusk_jobs_total", help: "Jobs.", labels: ["queue", "kind"])
        for _ in 0..<20_000 {
            jobs.with("q\(UInt16.random(in: 0 ... .max, using: &random))", "k\(random.next() % 500)").increment()
        }
        let samples = lines(registry).filter { !$0.hasPrefix("#") }
        #expect(samples.count <= MetricLimits().seriesMax + 1)
        let total = samples.compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(0, +)
        #expect(total == 20_000)
    }

    @Test func `a handle keeps counting into its own series`() {
        let registry = MetricsRegistry(limits: MetricLimits(valuesMax: 1, seriesMax: 10))
        let jobs = registry.counter("tusk_jobs_total", help: "Jobs.", labels: ["kind"])
        let first = jobs.with("a")
        let other = jobs.with("b")
        first.increment()
        other.increment()
        #expect(jobs.with("c") === other)
        #expect(jobs.with("a") === first)
    }
}
