import Testing

@testable import TuskTelemetry

struct TraceContextTests {
    private static let trace = "0af7651916cd43dd8448eb211c80319c"
    private static let span = "b7ad6b7169203331"

    @Test(arguments: [
        ("00-\(trace)-\(span)-01", true),
        ("00-\(trace)-\(span)-00", false),
        ("00-\(trace)-\(span)-03", true),
        ("00-\(trace)-\(span)-fe", false),
        ("01-\(trace)-\(span)-01", true),
        ("cc-\(trace)-\(span)-01-what-the-future-brings", true),
        ("01-\(trace)-\(span)-01-", true),
    ])
    func `a valid header is read`(header: String, isSampled: Bool) throws {
        let context = try #require(TraceContext(traceparent: header))
        #expect(context.traceID.description == Self.trace)
        #expect(context.spanIDText == Self.span)
        #expect(context.isSampled == isSampled)
        #expect(context.traceparent == "00-\(Self.trace)-\(Self.span)-\(isSampled ? "01" : "00")")
    }

    @Test(arguments: [
        "",
        "00",
        "00-\(trace)-\(span)",
        "00-\(trace)-\(span)-",
        "00-\(trace)-\(span)-1",
        "00-\(trace)-\(span)-01-",
        "00-\(trace)-\(span)-01 ",
        " 00-\(trace)-\(span)-01",
        "00-\(trace)-\(span)-01-extra",
        "01-\(trace)-\(span)-01extra",
        "ff-\(trace)-\(span)-01",
        "0-\(trace)-\(span)-001",
        "00-\(trace.uppercased())-\(span)-01",
        "00-\(trace)-\(span.uppercased())-01",
        "0X-\(trace)-\(span)-01",
        "00-\(trace)-\(span)-0G",
        "00-00000000000000000000000000000000-\(span)-01",
        "00-\(trace)-0000000000000000-01",
        "00_\(trace)_\(span)_01",
        "00-\(trace.dropLast())-\(span)0-01",
        "00-+af7651916cd43dd8448eb211c80319c-\(span)-01",
        "00-\(trace.dropLast(2))é-\(span)-01",
    ])
    func `an invalid header is refused`(header: String) {
        #expect(TraceContext(traceparent: header) == nil)
    }

    @Test func `half of a trace id may be zero`() {
        #expect(TraceContext(traceparent: "00-0000000000000000\("8448eb211c80319c")-\(Self.span)-01") != nil)
        #expect(TraceContext(traceparent: "00-0af7651916cd43dd0000000000000000-\(Self.span)-01") != nil)
    }

    @Test func `new traces differ and can be read back`() throws {
        let traces = (0..<1000).map { _ in TraceContext.random(isSampled: true) }
        #expect(Set(traces.map(\.traceID)).count == 1000)
        #expect(Set(traces.map(\.spanID)).count == 1000)
        for trace in traces { #expect(TraceContext(traceparent: trace.traceparent) == trace) }
    }

    @Test func `a child is in the same trace under another span`() {
        let parent = TraceContext.random(isSampled: true)
        let child = parent.child()
        #expect(child.traceID == parent.traceID && child.isSampled)
        #expect(child.spanID != parent.spanID)
    }
}
