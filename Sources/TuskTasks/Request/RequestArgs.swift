import Tusk

/// What a `http.request` job is asked to do.
package struct RequestArgs: Codable, Sendable, Equatable {
    /// Any of these.
    package enum Method: String, Codable, Sendable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    /// Defaults to `POST` with a body, `GET` without.
    package var method: Method
    /// http or https, without user and password.
    package var url: String
    /// Headers of the request. Defaults to none.
    package var headers: [String: String]
    /// The body as a text. Nil: the field `json` of the args, or none.
    package var body: String?
    /// The statuses that mean success. Nil: 200 to 299.
    package var success: [Int]?
    /// The time for one attempt in seconds: 1...3,600. Defaults to 30.
    package var timeoutSeconds: Int

    /// The most that `timeout_seconds` may be.
    package static let timeoutSecondsMax = 3600

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case method, url, headers, body, json, success
        case timeoutSeconds = "timeout_seconds"
    }

    /// Reads args; a field that is not known is refused.
    package init(from decoder: any Decoder) throws {
        try ArgsFields.check(decoder, CodingKeys.allCases.map(\.rawValue))
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        url = try fields.decode(String.self, forKey: .url)
        headers = try fields.decodeIfPresent([String: String].self, forKey: .headers) ?? [:]
        body = try fields.decodeIfPresent(String.self, forKey: .body)
        success = try fields.decodeIfPresent([Int].self, forKey: .success)
        timeoutSeconds = try fields.decodeIfPresent(Int.self, forKey: .timeoutSeconds) ?? 30
        let hasBody = body != nil || fields.contains(.json)
        method = try fields.decodeIfPresent(Method.self, forKey: .method) ?? (hasBody ? .post : .get)
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(method, forKey: .method)
        try fields.encode(url, forKey: .url)
        try fields.encode(headers, forKey: .headers)
        try fields.encodeIfPresent(body, forKey: .body)
        try fields.encodeIfPresent(success, forKey: .success)
        try fields.encode(timeoutSeconds, forKey: .timeoutSeconds)
    }
}
