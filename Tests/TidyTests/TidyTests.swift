import Testing

/// The rules that a machine can check, on this repository as it is.
struct TidyTests {
    @Test func `modules import only what the layout allows`() {
        expectNone(Repository.swift.flatMap(ImportCheck.findings))
    }

    @Test func `environment, clocks, threads and sleeping are where they belong`() {
        expectNone(Repository.swift.flatMap(AbsenceCheck.findings))
    }

    @Test func `SQL is in sql, and only the store names tables`() {
        let tables = SQLTextCheck.tables(in: Repository.files)
        expectNone(Repository.swift.flatMap { SQLTextCheck.findings(in: $0, tables: tables) })
    }

    @Test func `every file of SQL says what it is for`() {
        expectNone(Repository.files.flatMap(SQLHeaderCheck.findings))
    }

    @Test func `files, functions and lines are short enough`() {
        expectNone(Repository.files.flatMap(SizeCheck.findings))
    }

    @Test func `files are named after what is in them`() {
        let paths = Set(Repository.files.map(\.path))
        expectNone(Repository.files.flatMap { NameCheck.findings(in: $0, among: paths) })
    }

    @Test func `nothing is unfinished and nothing tells of one machine`() {
        expectNone(Repository.files.flatMap(WordCheck.findings))
    }

    @Test func `the repository was found`() {
        let paths = Set(Repository.files.map(\.path))
        for path in ["Package.swift", "deploy/test", ".ci/run", "Sources/TuskCore/JobID.swift"] {
            #expect(paths.contains(path))
        }
        #expect(!paths.contains { $0.hasPrefix(".build") || $0.hasPrefix(".git/") })
    }

    private func expectNone(_ findings: [Finding], sourceLocation: SourceLocation = #_sourceLocation) {
        for finding in findings { Issue.record("\(finding)", sourceLocation: sourceLocation) }
    }
}
