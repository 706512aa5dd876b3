package import Tusk
import TuskCore
package import TuskPostgres

/// What a `sql.call` job is asked to do.
package struct SQLCallArgs: Codable, Sendable, Equatable {
    /// The function, as `schema.name`; the configuration lists those that may be called.
    package var function: String

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case function, args
    }

    /// Args for a function; what it gets is the job's own text.
    package init(function: String) {
        self.function = function
    }

    /// Reads args; a field that is not known is refused.
    package init(from decoder: any Decoder) throws {
        try ArgsFields.check(decoder, CodingKeys.allCases.map(\.rawValue))
        function = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .function)
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(function, forKey: .function)
    }
}

/// `sql.call`: calls a function that the configuration lists, in the transaction that completes the job.
///
/// The function takes one `json` or `jsonb` and gets the field `args` of the job as it came, `{}` when there is none.
/// What it returns is the result of the job: JSON as it is, anything else made JSON, nothing for `void`. What it raises
/// below an error is log: the last 32 messages, once it has ended. An error is a failed attempt, unless its SQLSTATE is
/// `TK010`, which lets the job run again at no cost after the seconds of its detail, or `TK011`, which discards it.
/// When the job has to stop, the function is cancelled.
package struct SQLCall: JobHandler {
    package static let kind: Kind = "sql.call"
    package static let policy = HandlerPolicy(isTransactional: true)

    private let settings: ConnectionSettings
    private let functions: [TableName]

    /// - Parameters:
    ///   - settings: How to connect; the user needs the right to call the functions.
    ///   - functions: The functions that jobs may name, as `schema.name`; others than such are left out.
    package init(_ settings: ConnectionSettings, functions: [String]) {
        self.settings = DataImport.settings(settings)
        self.functions = functions.compactMap { TableName($0) }
    }

    /// Whether a text names a function that jobs could be allowed to call.
    package static func isFunction(_ text: String) -> Bool {
        text.utf8.contains(UInt8(ascii: ".")) && TableName(text) != nil
    }

    package func perform(_ args: SQLCallArgs, _ context: JobContext) async throws {
        do throws(TaskFailure) {
            try call(args, context)
        } catch {
            throw error.directive
        }
    }

    /// How much longer than its job a call may take: who ends it in time is the job's being told to stop.
    private static let deadlineExtra = Duration.seconds(10)

    private func call(_ args: SQLCallArgs, _ context: JobContext) throws(TaskFailure) {
        guard let function = TableName(args.function), functions.contains(function) else {
            throw .refused("function is not among those that the configuration lists")
        }
        let input = try Self.input(context.rawArgs)
        let session = try calling { () throws(PostgresError) in try Session(settings) }
        defer { session.close() }
        let shape = try Self.shape(of: function, session)
        let result = try attend(session, context) { () throws(TaskFailure) in
            try session.transaction(mapping: TaskFailure.database) { session throws(TaskFailure) in
                try calling { () throws(PostgresError) in
                    let deadline = Deadline.after(context.remaining + Self.deadlineExtra)
                    let answer = try session.run(CallSQL.call(function, shape), input, deadline: deadline)
                    let value = shape.returnsNothing ? nil : answer.bytesIfPresent(0, 0)
                    let result = JSONText(trusted: value ?? Array("null".utf8))
                    let lines = session.takeNotices().map { (SQLWords.level($0.severity).severity, $0.message) }
                    if !lines.isEmpty { try JobSQL.log(context.id, context.lease, lines, on: session) }
                    try JobSQL.complete(context.id, context.lease, result, on: session)
                    return result
                }
            }
        }
        do throws(TuskError) {
            try context.setResult(result)
        } catch {
            throw .refused(error.description)
        }
    }

    /// Calls `body`, which uses the session, and cancels it when the job has to stop. Logs what the server had to say
    /// of a transaction that was rolled back.
    private func attend<Answer>(
        _ session: Session,
        _ context: JobContext,
        _ body: () throws(TaskFailure) -> Answer
    ) throws(TaskFailure) -> Answer {
        let handle = try calling { () throws(PostgresError) in try session.cancelHandle() }
        let watch = StopWatch(context, handle)
        _ = session.takeNotices()
        defer {
            watch.end()
            for notice in session.takeNotices() { context.log(SQLWords.level(notice.severity), notice.message) }
        }
        do throws(TaskFailure) {
            return try body()
        } catch {
            throw context.isCancelled ? .stopped : SQLWords.failure(error)
        }
    }

    private static func input(_ raw: JSONText) throws(TaskFailure) -> Parameters {
        var parameters = Parameters()
        do throws(JSONError) {
            let args = try JSONDocument(validating: raw.bytes, limits: .args).root.member("args")
            parameters.json(args.map { Array($0.rawBytes) } ?? Array("{}".utf8))
        } catch {
            throw .refused("args are not JSON: \(error.message)")
        }
        return parameters
    }

    /// What the function takes and returns; throws when there is not one that takes JSON.
    private static func shape(of function: TableName, _ session: Session) throws(TaskFailure) -> CallSQL.Shape {
        var parameters = Parameters()
        parameters.text(function.schema)
        parameters.text(function.name)
        let rows = try calling { () throws(PostgresError) in try session.run(CallSQL.findFunction, parameters) }
        guard rows.rowCount == 1 else {
            throw .refused("\(rows.rowCount) functions \(function) take a json or jsonb, and it has to be one")
        }
        return CallSQL.Shape(
            takesBinary: rows.bool(0, 0),
            returnsNothing: rows.bool(0, 1),
            returnsJSON: rows.bool(0, 2)
        )
    }
}
