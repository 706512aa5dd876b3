import Foundation
import Testing

/// `deploy/prometheus` and `deploy/grafana`: promtool takes them, and they speak of metrics that there are.
struct MonitoringTests {
    private static let rules = "deploy/prometheus/rules/tusk.yml"
    private static let dashboard = "deploy/grafana/tusk.json"

    private func text(_ path: String) throws -> String {
        try String(contentsOf: Repository.root.appending(path: path), encoding: .utf8)
    }

    /// Each rule: its name, whether it is an alert, and its expression on one line.
    private func rules(_ text: String) -> [(name: String, isAlert: Bool, expression: String)] {
        let rule = Pattern(#"(- (?:alert|record): [^\n]+\n\s+expr: (?:>-\n(?:\s{10,}[^\n]*\n)+|[^\n]*\n))"#)
        return rule.matches(in: text).map { match in
            let lines = match.text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
            let words = lines[0].split(separator: " ")
            let first = lines[1].dropFirst("expr: ".count)
            let expression = ([first == ">-" ? "" : String(first)] + lines.dropFirst(2)).joined(separator: " ")
            return (String(words[2]), words[1] == "alert:", expression)
        }
    }

    private func exported() throws -> ExportedMetrics {
        var metrics = ExportedMetrics(Repository.files)
        for rule in rules(try text(Self.rules)) where !rule.isAlert { metrics.record(rule.name, as: rule.expression) }
        return metrics
    }

    /// The queries of all panels, with a value for each of Grafana's variables.
    private func queries() throws -> [String] {
        let data = try Data(contentsOf: Repository.root.appending(path: Self.dashboard))
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let panels = try #require(object["panels"] as? [[String: Any]])
        let targets = panels.flatMap { $0["targets"] as? [[String: Any]] ?? [] }
        return targets.compactMap { $0["expr"] as? String }.map {
            $0.replacing("$__rate_interval", with: "5m").replacing("$queue", with: ".*")
        }
    }

    @Test func `promtool takes configuration and rules`() throws {
        let verdict = try Tool.run("promtool", ["check", "config", "deploy/prometheus/prometheus.yml"])
        #expect(verdict.status == 0, "\(verdict.output)")
        #expect(verdict.output.contains("\(rules(try text(Self.rules)).count) rules found"), "\(verdict.output)")
    }

    @Test func `each alert fires for what it is meant for`() throws {
        let verdict = try Tool.run("promtool", ["test", "rules", "deploy/prometheus/rules/tusk_test.yml"])
        #expect(verdict.status == 0, "\(verdict.output)")
    }

    @Test func `each alert has a test in which it fires and one in which it is silent`() throws {
        let tests = try text("deploy/prometheus/rules/tusk_test.yml")
        for rule in rules(try text(Self.rules)) where rule.isAlert {
            #expect(tests.contains("alertname: \(rule.name), exp_alerts: []"), "\(rule.name)")
            let fires = "alertname: \(rule.name)\n        exp_alerts:\n          - exp_labels"
            #expect(tests.contains(fires), "\(rule.name)")
        }
    }

    @Test func `rules speak of metrics and labels that are exported`() throws {
        let exported = try exported()
        let rules = rules(try text(Self.rules))
        #expect(rules.count > 20)
        for rule in rules { #expect(exported.unknown(in: rule.expression).isEmpty, "\(rule.name)") }
    }

    @Test func `the dashboard shows metrics and labels that are exported, and all of them`() throws {
        let exported = try exported()
        let queries = try queries()
        for query in queries { #expect(exported.unknown(in: query).isEmpty, "\(query)") }
        for name in exported.names where name.hasPrefix("tusk_") && !name.contains(":") {
            #expect(queries.contains { $0.contains(name) }, "\(name) is on no panel")
        }
    }

    @Test func `promtool takes each query of the dashboard`() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "tusk-queries-\(UUID()).json")
        let rules = try queries().enumerated().map { ["record": "panel:query:\($0.offset)", "expr": $0.element] }
        let groups: [String: Any] = ["groups": [["name": "panels", "rules": rules]]]
        // JSON is YAML too, but for the slashes that it may escape.
        try JSONSerialization.data(withJSONObject: groups, options: .withoutEscapingSlashes).write(to: file)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: file) } }
        let verdict = try Tool.run("promtool", ["check", "rules", file.path])
        #expect(verdict.status == 0 && verdict.output.contains("\(rules.count) rules found"), "\(verdict.output)")
    }

    @Test(
        arguments: [
            ("sum(tusk_scheduler_leader)", []),
            ("sum by (task) (tusk_scheduler_leader)", ["task"]),
            ("rate(tusk_jobs_claimed_total{queues=\"a\"}[5m])", ["queues"]),
            ("rate(tusk_jobs_taken_total[5m])", ["tusk_jobs_taken_total"]),
            ("tusk_job_wait_seconds", ["tusk_job_wait_seconds"]),
            ("tusk_jobs_claimed_total_bucket", ["tusk_jobs_claimed_total_bucket"]),
            ("sum by (queue, le) (tusk_job_wait_seconds_bucket)", []),
            ("sum by (le) (tusk_jobs_claimed_total)", ["le"]),
        ] as [(String, [String])]
    )
    func `what is not exported is noticed`(expression: String, unknown: [String]) throws {
        #expect(try exported().unknown(in: expression) == unknown)
    }
}
