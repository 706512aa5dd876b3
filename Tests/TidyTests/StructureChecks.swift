/// Which module may know which.
enum ImportCheck {
    private static let statement = Pattern(
        #"^[ \t]*(?:@\w+(?:\([^)]*\))?[ \t]+)*(?:(?:public|package|internal|fileprivate|private)[ \t]+)?import[ \t]+"#
            + #"(?:(?:struct|class|enum|protocol|func|var|let|typealias)[ \t]+)?(\w+)"#
    )

    static func findings(in file: TextFile) -> [Finding] {
        guard file.isSwift, let module = file.module else { return [] }
        guard let allowed = HouseRules.imports[module] else {
            return [Finding(path: file.path, line: 1, problem: "\(module) has no line in HouseRules.imports")]
        }
        let platform = HouseRules.platformImports[module] ?? HouseRules.platform
        return statement.matches(in: file.swift.code).compactMap { line, name in
            guard !allowed.contains(name), !platform.contains(name) else { return nil }
            return Finding(path: file.path, line: line, problem: "\(module) must not know \(name); see layout")
        }
    }
}

/// Things that exist in one place only.
enum AbsenceCheck {
    private struct Rule {
        let pattern: Pattern
        let problem: String
        let isAllowed: @Sendable (TextFile) -> Bool
    }

    private static let rules = [
        Rule(
            pattern: Pattern(
                #"\b(?:secure_)?getenv\b|\b[sp]utenv\b|\bunsetenv\b|\benviron\b|processInfo\.environment"#
            ),
            problem: "only TuskCommand reads the environment; settings are handed down",
            isAllowed: { $0.module == "TuskCommand" || !$0.isSource }
        ),
        Rule(
            pattern: Pattern(
                #"\b(?:ContinuousClock|SuspendingClock|DispatchTime|DispatchWallTime|clock_gettime|gettimeofday)\b"#
                    + #"|\bDate\(\)|\btime\(nil\)"#
            ),
            problem: "TuskCore has no clock; the time is a parameter",
            isAllowed: { $0.module != "TuskCore" }
        ),
        Rule(
            pattern: Pattern(
                #"\bpthread_create\b|\bThread\s*[({]|\bdetachNewThread|\bDispatchQueue\s*\(|\bDispatchQueue\.global"#
                    + #"|\bconcurrentPerform\b|\bOperationQueue\s*\(|\bTask\s*[({]|\bTask\.(?:detached|immediate)\b"#
                    + #"|\bDispatchSource\.make"#
            ),
            problem: "threads, queues and tasks start only in the places HouseRules.threads names",
            isAllowed: { !$0.isSource || HouseRules.threads[$0.path] != nil }
        ),
        Rule(
            pattern: Pattern(#"\b(?:u|nano)?sleep\s*\(|\bclock_nanosleep\s*\(|\bsleep\(for:"#),
            problem: "nothing sleeps: wait for a signal, with a deadline",
            isAllowed: { HouseRules.sleeps[$0.path] != nil }
        ),
    ]

    static func findings(in file: TextFile) -> [Finding] {
        guard file.isSwift, !file.isTidyCheck else { return [] }
        let code = file.swift.code
        return rules.filter { !$0.isAllowed(file) }.flatMap { rule in
            rule.pattern.matches(in: code).map { Finding(path: file.path, line: $0.line, problem: rule.problem) }
        }
    }
}

/// SQL is in sql/, and only the store knows the tables.
enum SQLTextCheck {
    /// A statement that reads or changes a table. `listen`, `begin`, `commit` and `set` do not.
    private static let statement = Pattern(
        #"^\s*select\s+(?:.*\bfrom\b|\S+\s*\(|\d)|\binsert\s+into\s|\bdelete\s+from\s|\bupdate\s+\S+\s+set\s"#
            + #"|\btruncate\s+(?:table\s|\w+\.)|\bcopy\s+[\w.]+\s*(?:\(|from\s|to\s)"#
            + #"|\b(?:create|alter|drop)\s+(?:or\s+replace\s+)?(?:unlogged\s+)?"#
            + #"(?:table|index|view|function|schema|role|type|sequence)\b\s*(?:if\b|concurrently\b|[\w?"]+[.;( ])"#,
        ignoringCase: true
    )
    /// What a session asks its server about itself needs no table of anyone.
    private static let sessionQuestion = Pattern(
        #"^\s*select\s+(?:1$|pg_catalog\.|$)(?!.*\bfrom\b)"#,
        ignoringCase: true
    )
    private static let table = Pattern(
        #"^\s*create\s+(?:unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?tusk\.(\w+)"#,
        ignoringCase: true
    )

    /// The tables that the migrations make.
    static func tables(in files: [TextFile]) -> Set<String> {
        Set(files.filter { $0.path.hasPrefix("sql/migrations/") }.flatMap { table.matches(in: $0.text).map(\.text) })
    }

    static func findings(in file: TextFile, tables: Set<String>) -> [Finding] {
        guard file.isSwift, file.isSource, HouseRules.sqlInSwift[file.path] == nil else { return [] }
        return file.swift.literals.flatMap { literal -> [Finding] in
            var findings: [Finding] = []
            let isSession = file.module == "TuskPostgres" && sessionQuestion.isFound(in: literal.text)
            if statement.isFound(in: literal.text), !isSession {
                let problem = "SQL belongs into sql/queries, where it has a header and a tested plan"
                findings.append(Finding(path: file.path, line: literal.line, problem: problem))
            }
            if file.module != "TuskStore" {
                let named = Pattern(#"\btusk\.(\w+)"#).matches(in: literal.text).filter { tables.contains($0.text) }
                findings += named.map {
                    Finding(
                        path: file.path,
                        line: literal.line,
                        problem: "only TuskStore and sql/ name tusk.\($0.text)"
                    )
                }
            }
            return findings
        }
    }
}
