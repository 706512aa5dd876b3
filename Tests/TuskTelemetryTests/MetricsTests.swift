import Dispatch
import Testing

@testable import TuskTelemetry

/// What a registry writes, as lines.
func lines(_ registry: MetricsRegistry) -> [String] {
    String(decoding: registry.text(), as: UTF8.self).split(separator: "\n").map(String.init)
}

struct MetricsTests {
    @Test func `a counter starts at zero and shows what was added`() {
        let registry = MetricsRegistry()
        let counter = registry.counter("tusk_ticks_total", help: "Ticks.")
        #expect(
            lines(registry) == [
                "# HELP tusk_ticks_total Ticks.", "# TYPE tusk_ticks_total counter", "tusk_ticks_total 0",
            ]
        )
        counter.increment()
        counter.add(41)
        #expect(lines(registry).last == "tusk_ticks_total 42")
    }

    @Test func `a gauge rises and falls and may be a fraction`() {
        let registry = MetricsRegistry()
        let gauge = registry.gauge("tusk_slots", help: "Slots.")
        gauge.set(10)
        gauge.add(-2.5)
        #expect(lines(registry).last == "tusk_slots 7.5")
        gauge.set(true)
        #expect(lines(registry).last == "tusk_slots 1")
    }

    @Test func `additions from many threads are all counted`() {
        let counter = Counter()
        let gauge = Gauge()
        let histogram = Histogram(bounds: [1])
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            for _ in 0..<10_000 {
                counter.increment()
                gauge.add(1)
                histogram.observe(0.5)
            }
        }
        #expect(counter.value == 80_000)
        #expect(gauge.value == 80_000)
        var text = PrometheusText()
        histogram.write(name: "h", labels: "", to: &text)
        #expect(String(decoding: text.bytes, as: UTF8.self).hasSuffix("h_sum 40000\nh_count 80000\n"))
    }

    @Test func `metrics come out by name, series by their labels`() {
        let registry = MetricsRegistry()
        let jobs = registry.counter("tusk_jobs_total", help: "Jobs.", labels: ["queue", "kind"])
        jobs.with("mail", "send").add(2)
        jobs.with("default", "clean").add(1)
        _ = registry.gauge("tusk_alive", help: "Alive.")
        #expect(
            lines(registry).filter { !$0.hasPrefix("#") } == [
                "tusk_alive 0",
                #"tusk_jobs_total{queue="default",kind="clean"} 1"#,
                #"tusk_jobs_total{queue="mail",kind="send"} 2"#,
            ]
        )
    }

    @Test func `a metric without series is not shown`() {
        let registry = MetricsRegistry()
        let depth = registry.gauge("tusk_queue_jobs", help: "Jobs.", labels: ["queue"])
        #expect(lines(registry).isEmpty)
        depth.with("mail").set(3)
        #expect(lines(registry).count == 3)
    }

    @Test func `asking again for a metric gives the same one`() {
        let registry = MetricsRegistry()
        registry.counter("tusk_errors_total", help: "Errors.", labels: ["pool"]).with("api").increment()
        registry.counter("tusk_errors_total", help: "Errors.", labels: ["pool"]).with("api").increment()
        #expect(lines(registry).last == #"tusk_errors_total{pool="api"} 2"#)
    }

    @Test func `a name cannot be taken twice with other labels`() async {
        await #expect(processExitsWith: .failure) {
            let registry = MetricsRegistry()
            _ = registry.counter("tusk_errors_total", help: "Errors.", labels: ["pool"])
            _ = registry.counter("tusk_errors_total", help: "Errors.", labels: ["queue"])
        }
    }

    @Test(arguments: ["", "9lives", "tusk-jobs", "tusk jobs", "ümlaut"])
    func `a name Prometheus does not allow ends the process`(name: String) async {
        await #expect(processExitsWith: .failure) { [name] in
            _ = MetricHeader(name: name, type: .gauge, help: "Help.", labels: [])
        }
    }

    @Test func `label values and help are escaped`() {
        let registry = MetricsRegistry()
        registry.counter("tusk_x_total", help: "A \\ and\na line.", labels: ["kind"]).with("a\"b\\c\nd").increment()
        #expect(
            lines(registry) == [
                #"# HELP tusk_x_total A \\ and\na line."#,
                "# TYPE tusk_x_total counter",
                #"tusk_x_total{kind="a\"b\\c\nd"} 1"#,
            ]
        )
    }

    @Test(arguments: [
        (0, "0"), (5, "5"), (-3, "-3"), (0.005, "0.005"), (2.5, "2.5"), (1e300, "1e+300"),
        (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
    ])
    func `numbers are written as Prometheus reads them`(number: Double, text: String) {
        #expect(PrometheusText.number(number) == text)
    }

    @Test func `sampled values are read when asked for, and each label set once`() {
        let registry = MetricsRegistry()
        registry.sampled("tusk_db_connections", type: .gauge, help: "Connections.", labels: ["pool"]) {
            [MetricSample(4, labels: ["api"]), MetricSample(9, labels: ["api"])]
        }
        registry.sampled("tusk_nothing", type: .gauge, help: "Nothing.") { [] }
        #expect(lines(registry).filter { !$0.hasPrefix("#") } == [#"tusk_db_connections{pool="api"} 4"#])
        #expect(!lines(registry).contains { $0.contains("tusk_nothing") })
    }
}
