import Foundation

/// Between the JSON of jobs and the types of handlers. The one place that uses Foundation: it costs microseconds a job,
/// and only where a handler asks for a type.
enum TypedJSON {
    // Neither is changed after it is made, and both keep the state of a call in the call.
    private static let decoder = JSONDecoder()
    private static let encoder = JSONEncoder()

    /// Reads a value; throws `UndecodableArgs`.
    static func decode<Value: Decodable>(_ type: Value.Type, from text: JSONText) throws(UndecodableArgs) -> Value {
        do {
            return try decoder.decode(type, from: Data(text.bytes))
        } catch let error as DecodingError {
            throw UndecodableArgs(text: words(error))
        } catch {
            throw UndecodableArgs(text: "\(error)")
        }
    }

    /// Reads a value that a handler stored.
    static func value<Value: Decodable>(_ type: Value.Type, from text: JSONText) throws(TuskError) -> Value {
        do {
            return try decoder.decode(type, from: Data(text.bytes))
        } catch {
            throw .undecodable("what is stored is no \(type): \(error)")
        }
    }

    /// Throws for a text that is too long to be kept with a job.
    static func checkSize(_ text: JSONText, of what: String) throws(TuskError) {
        guard text.bytes.count <= JSONLimits.args.bytesMax else {
            throw .unencodable("\(what) of \(text.bytes.count) bytes, the most are \(JSONLimits.args.bytesMax)")
        }
    }

    /// Writes a value, checked as any JSON that comes from outside.
    static func encode(_ value: some Encodable, limits: JSONLimits = .args) throws(TuskError) -> JSONText {
        let data: Data
        do {
            data = try encoder.encode(value)
        } catch {
            throw .unencodable("\(type(of: value)) cannot be written as JSON: \(error)")
        }
        do throws(JSONError) {
            return try JSONText(validating: data, limits: limits)
        } catch {
            throw .unencodable("\(type(of: value)) is no JSON that a job may carry: \(error.message)")
        }
    }

    private static func words(_ error: DecodingError) -> String {
        switch error {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            "args\(path(context.codingPath)): \(context.debugDescription)"
        case .keyNotFound(let key, let context):
            "args\(path(context.codingPath)): no value for \"\(key.stringValue)\""
        @unknown default:
            "args: \(error)"
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        keys.map { key in key.intValue.map { "[\($0)]" } ?? ".\(key.stringValue)" }.joined()
    }
}
