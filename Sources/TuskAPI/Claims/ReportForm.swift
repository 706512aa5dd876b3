import TuskCore
import TuskStore

/// What a program says of jobs that it runs:
/// `{"reports":[{"id":"7","progress":0.5,"message":"half","logs":[{"level":"info","message":"row 41"}]}]}`.
enum ReportForm {
    /// The most jobs of a request, as many as a claim has.
    static let jobsMax = 100
    /// The most lines that it logs in a request.
    static let linesMax = 1000
    /// The longest body.
    static let bytesMax = 1 << 20

    /// Levels of lines, with their syslog severities.
    private static let levels: [String: Int16] = ["debug": 7, "info": 6, "warning": 4, "error": 3]

    private enum RootField: String, CaseIterable { case reports }
    private enum Field: String, CaseIterable { case id, progress, message, logs }
    private enum LineField: String, CaseIterable { case level, message }

    /// Reads the body.
    static func reports(_ root: JSONValue) throws(ValidationError) -> [OutsideReport] {
        var reader = FieldReader<RootField>(root, at: JSONPointer.root, what: "a report")
        if root.kind == .object { reader.require(.reports) }
        let list = reader.value(.reports)
        let elements = list.map { Array($0.elements) } ?? []
        if let list, list.kind != .array || !(1...jobsMax).contains(elements.count) {
            reader.refuse(.reports, .outOfRange, "must be an array of 1 to \(jobsMax) reports")
        }
        try reader.finish()
        var reports: [OutsideReport] = []
        var ids: Set<JobID> = []
        var lineCount = 0
        for (index, element) in elements.enumerated() {
            let pointer = "#/reports/\(index)"
            let report = try report(element, at: pointer)
            lineCount += report.lines.count
            guard ids.insert(report.id).inserted else {
                throw ValidationError(pointer: pointer + "/id", .duplicate, "the job \(report.id) is given twice")
            }
            guard lineCount <= linesMax else {
                let rule = "there must be at most \(linesMax) lines in a request"
                throw ValidationError(pointer: pointer + "/logs", .tooMany, rule)
            }
            reports.append(report)
        }
        return reports
    }

    private static func report(_ value: JSONValue, at pointer: String) throws(ValidationError) -> OutsideReport {
        var reader = FieldReader<Field>(value, at: pointer, what: "a report")
        if value.kind == .object { reader.require(.id) }
        let id = reader.string(.id).flatMap { JobID($0) }
        if let given = reader.value(.id), given.kind == .string, id == nil {
            reader.refuse(.id, .outOfRange, "must be the id of a job as a decimal string")
        }
        let fraction = reader.number(.progress, in: 0...1)
        let message = reader.string(.message)
        if message != nil, reader.value(.progress) == nil {
            reader.refuse(.message, .conflictingFields, "is for progress, which is missing")
        }
        let logs = reader.value(.logs)
        if let logs, logs.kind != .array { reader.refuse(.logs, .wrongType, "must be an array of lines") }
        try reader.finish()
        guard let id else { preconditionFailure("finish throws when there is no id") }
        var lines: [(level: Int16, message: String)] = []
        if let logs {
            for (index, element) in logs.elements.enumerated() {
                lines.append(try line(element, at: "\(pointer)/logs/\(index)"))
            }
        }
        return OutsideReport(id: id, fraction: fraction, message: message, lines: lines)
    }

    private static func line(
        _ value: JSONValue,
        at pointer: String
    ) throws(ValidationError) -> (level: Int16, message: String) {
        var reader = FieldReader<LineField>(value, at: pointer, what: "a line")
        if value.kind == .object { reader.require(.message) }
        let word = reader.string(.level) ?? "info"
        let level = levels[word]
        if level == nil { reader.refuse(.level, .unknownValue, "must be debug, info, warning or error") }
        let message = reader.string(.message)
        try reader.finish()
        guard let level, let message else { preconditionFailure("finish throws when one of them is missing") }
        return (level, message)
    }
}
