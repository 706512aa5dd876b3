/// Writes metrics in Prometheus' text format, version 0.0.4.
///
/// Source: prometheus.io, "Exposition formats", section "Text format details".
package struct PrometheusText: Sendable {
    /// What the `Content-Type` header of an answer says.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The text so far.
    package private(set) var bytes: [UInt8] = []

    /// An empty text.
    package init() {}

    /// The two lines above the samples of a metric.
    mutating func header(_ metric: MetricHeader) {
        bytes += "# HELP \(metric.name) \(Self.escape(metric.help, quotes: false))\n".utf8
        bytes += "# TYPE \(metric.name) \(metric.type.rawValue)\n".utf8
    }

    /// One line with a whole number.
    mutating func sample(_ name: String, _ labels: String, _ value: UInt64) {
        line(name, labels, String(value))
    }

    /// One line with any number.
    mutating func sample(_ name: String, _ labels: String, _ value: Double) {
        line(name, labels, Self.number(value))
    }

    private mutating func line(_ name: String, _ labels: String, _ value: String) {
        bytes += name.utf8
        if !labels.isEmpty {
            bytes.append(UInt8(ascii: "{"))
            bytes += labels.utf8
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(UInt8(ascii: " "))
        bytes += value.utf8
        bytes.append(UInt8(ascii: "\n"))
    }

    /// The pairs that go between braces: `queue="mail",kind="send"`.
    static func pairs(_ names: [String], _ values: [String]) -> String {
        zip(names, values).map { "\($0)=\"\(escape($1, quotes: true))\"" }.joined(separator: ",")
    }

    /// A number as Prometheus reads it; whole numbers without a fraction.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        // Whole numbers below 2 to the 53rd are exact in a Double.
        if value == value.rounded(), value.magnitude < 9_007_199_254_740_992 { return String(Int64(value)) }
        return "\(value)"
    }

    private static func escape(_ text: String, quotes: Bool) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped.append(contentsOf: "\\\\".unicodeScalars)
            case "\n": escaped.append(contentsOf: "\\n".unicodeScalars)
            case "\"" where quotes: escaped.append(contentsOf: "\\\"".unicodeScalars)
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }
}
