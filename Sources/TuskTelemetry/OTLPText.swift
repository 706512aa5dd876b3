/// Spans as a request of the OpenTelemetry protocol has them: `ExportTraceServiceRequest` in JSON.
///
/// Source: OpenTelemetry Protocol 1.x, "OTLP/HTTP", "JSON Protobuf Encoding": names in lowerCamelCase, ids in
/// hexadecimal digits, enumerations as numbers, 64-bit numbers as strings.
struct OTLPText {
    private(set) var bytes: [UInt8] = []

    /// The longest text of an attribute, in bytes; longer ones are cut.
    private static let textBytesMax = 1024

    /// One request of these spans. `resource` says which process they are from.
    init(_ spans: [TraceSpan], resource: [(name: String, value: TraceSpan.Value)], scope: String, version: String) {
        bytes.reserveCapacity(256 + spans.count * 640)
        raw(#"{"resourceSpans":[{"resource":{"attributes":"#)
        attributes(resource)
        raw(#"},"scopeSpans":[{"scope":{"name":"#)
        string(scope)
        raw(#","version":"#)
        string(version)
        raw(#"},"spans":["#)
        for (index, span) in spans.enumerated() {
            if index > 0 { raw(",") }
            write(span)
        }
        raw("]}]}]}")
    }

    private mutating func write(_ span: TraceSpan) {
        raw(#"{"traceId":"\#(span.context.traceID)","spanId":"\#(span.context.spanIDText)""#)
        if let parent = span.parent { raw(#","parentSpanId":"\#(parent.spanIDText)""#) }
        raw(#","name":"#)
        string(span.name)
        raw(#","kind":\#(span.kind.rawValue),"startTimeUnixNano":"\#(span.startedAt)000""#)
        raw(#","endTimeUnixNano":"\#(span.endedAt)000","attributes":"#)
        attributes(span.attributes)
        if !span.links.isEmpty {
            let links = span.links.map { #"{"traceId":"\#($0.traceID)","spanId":"\#($0.spanIDText)"}"# }
            raw(#","links":[\#(links.joined(separator: ","))]"#)
        }
        // STATUS_CODE_ERROR is 2; unset is left out.
        if let fault = span.fault {
            raw(#","status":{"code":2,"message":"#)
            string(fault)
            raw("}")
        }
        raw("}")
    }

    private mutating func attributes(_ attributes: [(name: String, value: TraceSpan.Value)]) {
        raw("[")
        for (index, attribute) in attributes.enumerated() {
            if index > 0 { raw(",") }
            raw(#"{"key":"#)
            string(attribute.name)
            switch attribute.value {
            case .text(let text):
                raw(#","value":{"stringValue":"#)
                string(text)
                raw("}}")
            case .integer(let number): raw(#","value":{"intValue":"\#(number)"}}"#)
            }
        }
        raw("]")
    }

    private mutating func raw(_ text: String) { bytes += text.utf8 }

    private mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var count = 0
        for scalar in text.unicodeScalars {
            count += scalar.utf8.count
            guard count <= Self.textBytesMax else { break }
            switch scalar {
            case "\"", "\\": bytes += [UInt8(ascii: "\\"), UInt8(truncatingIfNeeded: scalar.value)]
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                raw("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
            default: bytes += Array(scalar.utf8)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
