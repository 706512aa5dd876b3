import Testing

@testable import TuskTelemetry

struct HistogramTests {
    private func text(_ histogram: Histogram, labels: String = "") -> [String] {
        var text = PrometheusText()
        histogram.write(name: "h", labels: labels, to: &text)
        return String(decoding: text.bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test func `each bucket contains the ones below it, and +Inf contains all`() {
        let histogram = Histogram(bounds: [0.1, 1, 10])
        for value in [0.05, 0.5, 0.5, 5, 50, 500] { histogram.observe(value) }
        #expect(
            text(histogram) == [
                #"h_bucket{le="0.1"} 1"#, #"h_bucket{le="1"} 3"#, #"h_bucket{le="10"} 4"#, #"h_bucket{le="+Inf"} 6"#,
                "h_sum 556.05", "h_count 6",
            ]
        )
    }

    @Test func `a value on a bound belongs to that bucket`() {
        let histogram = Histogram(bounds: [1, 2])
        histogram.observe(1)
        histogram.observe(2)
        #expect(
            text(histogram).prefix(3) == [#"h_bucket{le="1"} 1"#, #"h_bucket{le="2"} 2"#, #"h_bucket{le="+Inf"} 2"#]
        )
    }

    @Test func `labels stand before the bound`() {
        let histogram = Histogram(bounds: [1])
        #expect(text(histogram, labels: #"queue="mail""#).first == #"h_bucket{queue="mail",le="1"} 0"#)
        #expect(text(histogram, labels: #"queue="mail""#).last == #"h_count{queue="mail"} 0"#)
    }

    @Test func `durations are seconds, and a batch is counted at once`() {
        let histogram = Histogram(bounds: [1])
        histogram.observe(.milliseconds(1500))
        histogram.observe(0.25, times: 4)
        #expect(text(histogram).suffix(2) == ["h_sum 2.5", "h_count 5"])
    }

    @Test func `what is not a number is not counted`() {
        let histogram = Histogram(bounds: [1])
        histogram.observe(.nan)
        histogram.observe(.infinity)
        #expect(text(histogram).suffix(2) == ["h_sum +Inf", "h_count 1"])
    }

    @Test(arguments: [[Double](), [1, 1], [2, 1], [-1, 0, 0, 1]])
    func `bounds that do not rise end the process`(bounds: [Double]) async {
        await #expect(processExitsWith: .failure) { [bounds] in _ = Histogram(bounds: bounds) }
    }

    @Test func `the usual bounds rise`() {
        _ = Histogram(bounds: Histogram.latencyBounds)
        _ = Histogram(bounds: Histogram.runtimeBounds)
        _ = Histogram(bounds: Histogram.batchBounds)
    }
}
