import Dispatch
import Foundation
import Synchronization
import Testing

@testable import TuskTelemetry

/// Spans on their way to a collector.
struct TracerTests {
    private static let resource = Tracer.Resource(service: "shop", version: "1.2", host: "mill")

    private func span(_ name: String = "send mail") -> TraceSpan {
        TraceSpan(
            name: name,
            kind: .producer,
            context: .random(isSampled: true),
            parent: nil,
            startedAt: 1_700_000_000_000_000,
            endedAt: 1_700_000_000_000_250,
            attributes: [("a", .text("b")), ("n", .integer(-5))]
        )
    }

    private func count(_ registry: MetricsRegistry, _ name: String) -> UInt64 {
        registry.counter("tusk_trace_spans_\(name)_total", help: name == "exported" ? Self.exported : Self.dropped)
            .value
    }

    private static let exported = "Spans that the collector has taken."
    private static let dropped = "Spans dropped because too many waited or the collector did not take them."

    @Test func `what does not fit is dropped and counted, and whoever ends a span never waits`() throws {
        let registry = MetricsRegistry()
        let (hasBegun, mayGoOn) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let tracer = Tracer(Self.resource, registry: registry, queueSpansMax: 10, delay: .zero) { _ in
            hasBegun.signal()
            mayGoOn.wait()
            return true
        }
        tracer.end(span())
        // The collector holds the first one, so nothing leaves the queue.
        hasBegun.wait()
        for _ in 0..<25 { tracer.end(span()) }
        #expect(count(registry, "dropped") == 15)
        for _ in 0..<5 { mayGoOn.signal() }
        tracer.stop(within: .seconds(20))
        #expect(count(registry, "exported") == 11)
        tracer.end(span())
        #expect(count(registry, "dropped") == 16, "after its end it takes nothing")
    }

    @Test func `spans that the collector refuses are counted as dropped`() {
        let registry = MetricsRegistry()
        let tracer = Tracer(Self.resource, registry: registry, delay: .seconds(60)) { _ in false }
        tracer.end([span(), span()])
        tracer.stop(within: .seconds(20))
        #expect(count(registry, "dropped") == 2 && count(registry, "exported") == 0)
    }

    @Test func `spans go in batches, and the last of them at the end`() throws {
        let registry = MetricsRegistry()
        let sizes = Mutex<[Int]>([])
        let tracer = Tracer(Self.resource, registry: registry, delay: .seconds(60)) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            sizes.withLock { $0.append(text.components(separatedBy: "\"spanId\"").count - 1) }
            return true
        }
        tracer.end((0..<600).map { _ in span() })
        tracer.stop(within: .seconds(20))
        #expect(sizes.withLock { $0 } == [512, 88])
    }

    @Test func `a trace that its client does not record is not recorded here either`() throws {
        let tracer = Tracer(Self.resource, registry: MetricsRegistry()) { _ in true }
        defer { tracer.stop(within: .seconds(5)) }
        let parent = TraceContext.random(isSampled: true)
        let child = try #require(tracer.begin(below: parent))
        #expect(child.traceID == parent.traceID && child.spanID != parent.spanID && child.isSampled)
        #expect(tracer.begin(below: .random(isSampled: false)) == nil)
        #expect(tracer.begin(below: nil)?.isSampled == true)
    }

    @Test func `any text becomes JSON that reads back the same`() throws {
        let name = "quotes \" \\ \u{0} \u{1F} \n é 😀"
        let link = TraceContext.random(isSampled: true)
        var span = span(name)
        (span.links, span.parent, span.fault) = ([link], link, "bad \"thing\"")
        let text = OTLPText([span], resource: [("service.name", .text("s"))], scope: "tusk", version: "1")
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(text.bytes)) as? [String: Any],
            "\(String(decoding: text.bytes, as: UTF8.self))"
        )
        let resources = try #require(object["resourceSpans"] as? [[String: Any]])
        let scopes = try #require(resources.first?["scopeSpans"] as? [[String: Any]])
        let read = try #require((scopes.first?["spans"] as? [[String: Any]])?.first)
        #expect(read["name"] as? String == name && read["kind"] as? Int == 4)
        #expect(read["startTimeUnixNano"] as? String == "1700000000000000000")
        #expect(read["parentSpanId"] as? String == link.spanIDText)
        #expect((read["status"] as? [String: Any])?["code"] as? Int == 2)
        #expect((read["links"] as? [[String: Any]])?.first?["traceId"] as? String == link.traceID.description)
    }

    @Test func `long texts are cut`() {
        let text = OTLPText([span(String(repeating: "é", count: 5000))], resource: [], scope: "tusk", version: "1")
        #expect(text.bytes.count < 2000)
    }
}
