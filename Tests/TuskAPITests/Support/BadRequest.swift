import Testing

/// A request that must be refused, and how.
struct BadRequest: Sendable, CustomTestStringConvertible {
    var method = "POST"
    var path = "/v1/jobs"
    var body: String?
    var headers: [(String, String)] = []
    let status: Int
    let problem: String
    /// The pointer of the first error; nil: there is none.
    var pointer: String?
    /// The code of the first error.
    var code: String?

    var testDescription: String { "\(method) \(path) \(body?.prefix(60) ?? "") \(headers.map(\.1))" }

    /// A job that is refused because of a field.
    static func job(_ body: String, _ pointer: String, _ code: String) -> BadRequest {
        BadRequest(body: body, status: 422, problem: "validation", pointer: pointer, code: code)
    }

    /// A body that is no JSON that is accepted.
    static func json(_ body: String, _ pointer: String, _ code: String) -> BadRequest {
        BadRequest(body: body, status: 400, problem: "invalid-json", pointer: pointer, code: code)
    }

    /// A request whose path or query is refused.
    static func path(_ method: String, _ path: String, _ problem: String, status: Int = 400) -> BadRequest {
        BadRequest(method: method, path: path, status: status, problem: problem)
    }
}
