/// The metrics that the sources export, read from where they are made.
struct ExportedMetrics {
    struct Metric {
        let isHistogram: Bool
        let labels: Set<String>
    }

    private var metrics: [String: Metric] = [:]

    /// Labels that Prometheus adds to everything it scrapes.
    private static let everywhere: Set<String> = ["job", "instance"]
    /// What the names of a histogram's series end with.
    private static let suffixes = ["_bucket", "_sum", "_count"]

    /// Those of Tusk's sources, and Prometheus' own.
    init(_ files: [TextFile]) {
        let call = #"(?:counter|gauge|histogram|sampled)\("#
        // From the name to the next call, or as far as a call is long.
        let made = Pattern(call + #"\s*("(?:tusk|process)_[a-z_]+"(?:(?!\#(call))[\s\S]){0,250})"#)
        for file in files where file.isSource && file.isSwift {
            for (_, call) in made.matches(in: file.text) { note(call, in: file) }
        }
        metrics["up"] = Metric(isHistogram: false, labels: [])
    }

    var names: [String] { metrics.keys.sorted() }

    private mutating func note(_ call: String, in file: TextFile) {
        guard let name = Pattern(#"^"([a-z_]+)""#).matches(in: call).first?.text else { return }
        let labels = Pattern(#"labels: \[([^\]]*)\]"#).matches(in: call).first?.text ?? ""
        let words = Pattern(#""([a-z_]+)""#).matches(in: labels).map(\.text)
        let isHistogram = Pattern(#"histogram\(\s*"\#(name)""#).isFound(in: file.text)
        metrics[name] = Metric(isHistogram: isHistogram, labels: Set(words))
    }

    /// Adds what a rule records: it has the labels that its expression keeps.
    mutating func record(_ name: String, as expression: String) {
        let kept = Pattern(#"\bby \(([^)]*)\)"#).matches(in: expression).flatMap { Self.words($0.text) }
        metrics[name] = Metric(isHistogram: false, labels: Set(kept).subtracting(["le"]))
    }

    private static func words(_ text: String) -> [String] { Pattern("([a-z_]+)").matches(in: text).map(\.text) }

    /// What of a PromQL expression is not exported: names of metrics, and labels that none of its metrics has.
    func unknown(in expression: String) -> [String] {
        let code = Pattern(#""[^"]*""#).replaced(in: expression, by: "\"\"")
        var labels = Self.everywhere
        var unknown: [String] = []
        let named = Pattern(#"([a-z_]*(?:tusk|process)_[a-z0-9_:]+|[a-z_]+:[a-z0-9_:]+|\bup\b)"#)
        for (_, name) in named.matches(in: code) {
            if let metric = metrics[name], !metric.isHistogram {
                labels.formUnion(metric.labels)
            } else if let suffix = Self.suffixes.first(where: name.hasSuffix),
                let metric = metrics[String(name.dropLast(suffix.count))], metric.isHistogram
            {
                labels.formUnion(metric.labels)
                if suffix == "_bucket" { labels.insert("le") }
            } else {
                unknown.append(name)
            }
        }
        let lists = Pattern(#"\b(?:by|on|without|ignoring) \(([^)]*)\)"#).matches(in: code)
            .flatMap { Self.words($0.text) }
        let matchers = Pattern(#"([a-z_]+)\s*(?:=~|!~|!=|=)\s*""#).matches(in: code).map(\.text)
        return unknown + Set(lists + matchers).subtracting(labels).sorted()
    }
}
