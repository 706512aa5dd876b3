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
/// What it returns is the result of the job: JSON as it is, anything else made JSON, nothing for `void`.
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

    private func call(_ args: SQLCallArgs, _ context: JobContext) throws(TaskFailure) {
        guard let function = TableName(args.function), functions.contains(function) else {
            throw .refused("function is not among those that the configuration lists")
        }
        let input = try Self.input(context.rawArgs)
        let session = try calling { () throws(PostgresError) in try Session(settings) }
        defer { session.close() }
        let shape = try Self.shape(of: function, session)
        let result = try session.transaction(mapping: TaskFailure.database) { session throws(TaskFailure) in
            try calling { () throws(PostgresError) in
                let deadline = Deadline.after(context.remaining)
                let answer = try session.run(CallSQL.call(function, shape), input, deadline: deadline)
                let value = shape.returnsNothing ? nil : answer.bytesIfPresent(0, 0)
                let result = JSONText(trusted: value ?? Array("null".utf8))
                try JobSQL.complete(context.id, context.lease, result, on: session)
                return result
            }
        }
        do throws(TuskError) {
            try context.setResult(result)
        } catch {
            throw .refused(error.description)
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
