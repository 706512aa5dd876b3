package import TuskCore
package import TuskHTTP
package import TuskStore

/// An answer that says what went wrong: `application/problem+json` of RFC 9457.
///
/// It never has text of the server, SQL or a job's args in it.
package struct Problem: Error, Sendable, Equatable {
    /// One thing that is wrong, at one place of the request.
    package struct Fault: Sendable, Equatable {
        /// Where it is.
        package enum Place: Sendable, Equatable {
            /// In the body, as a JSON pointer in URI fragment form.
            case pointer(String)
            /// In the query or the path.
            case parameter(String)
            /// In a header field.
            case header(String)
        }

        package let place: Place
        /// Stable, in snake_case.
        package let code: String
        /// For people.
        package let detail: String
        /// Bytes from the start of the body, where that is known.
        package var offset: Int?

        /// A fault with these parts.
        package init(_ place: Place, code: String, detail: String, offset: Int? = nil) {
            self.place = place
            self.code = code
            self.detail = detail
            self.offset = offset
        }
    }

    /// What stands behind `urn:tusk:problem:` in `type`.
    package let name: String
    package let title: String
    package let status: Int
    package let detail: String
    package var faults: [Fault] = []
    package var retryAfterSeconds: Int?
    /// Whether the request may have taken effect although this is no success.
    package var isUnknownOutcome = false
    /// The state that a job is in; only for `job-state`.
    package var state: JobState?
    /// The states from which the change would start; only for `job-state`.
    package var allowedStates: [JobState] = []
    /// The scope that is missing; only for `missing-scope`.
    package var missingScope: Scope?

    /// A problem of this API.
    package init(_ kind: ProblemKind, _ detail: String, faults: [Fault] = []) {
        name = kind.rawValue
        title = kind.title
        status = kind.status
        retryAfterSeconds = kind.retryAfterSeconds
        self.detail = detail
        self.faults = faults
    }

    /// What the HTTP server refuses.
    package init(_ refusal: HTTPRefusal) {
        name = Self.replacing("-", in: refusal.code)
        let words = Self.replacing(" ", in: refusal.code)
        title = words.prefix(1).uppercased() + words.dropFirst()
        status = refusal.status
        detail = refusal.reason.detail
        retryAfterSeconds = refusal.status == 503 ? 1 : nil
    }

    /// `body_too_large` with something else for the underscores.
    private static func replacing(_ separator: Unicode.Scalar, in code: String) -> String {
        let bytes = code.utf8.map { $0 == UInt8(ascii: "_") ? UInt8(ascii: separator) : $0 }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Problem {
    /// The media type of the body.
    static let contentType = "application/problem+json"
    /// In front of each name.
    package static let typePrefix = "urn:tusk:problem:"

    /// Writes the object; with the request's id unless it stands inside an answer that has it already.
    func write(to writer: inout JSONWriter, requestID: String?) {
        writer.beginObject()
        writer.member("type", Self.typePrefix + name)
        writer.member("title", title)
        writer.member("status", status)
        writer.member("detail", detail)
        writeFaults(to: &writer)
        if isUnknownOutcome {
            writer.key("unknown_outcome")
            writer.bool(true)
        }
        if let state {
            writer.member("state", state.rawValue)
            writer.key("allowed_states")
            writer.beginArray()
            for allowed in allowedStates { writer.string(allowed.rawValue) }
            writer.endArray()
        }
        if let missingScope { writer.member("missing_scope", missingScope.rawValue) }
        if let requestID { writer.member("request_id", requestID) }
        writer.endObject()
    }

    private func writeFaults(to writer: inout JSONWriter) {
        guard !faults.isEmpty else { return }
        writer.key("errors")
        writer.beginArray()
        for fault in faults {
            writer.beginObject()
            switch fault.place {
            case .pointer(let pointer): writer.member("pointer", pointer)
            case .parameter(let name): writer.member("parameter", name)
            case .header(let name): writer.member("header", name)
            }
            writer.member("code", fault.code)
            writer.member("detail", fault.detail)
            if let offset = fault.offset { writer.member("offset", offset) }
            writer.endObject()
        }
        writer.endArray()
    }

    /// The whole answer.
    func response(requestID: String) -> HTTPResponse {
        var writer = JSONWriter(capacity: 512)
        write(to: &writer, requestID: requestID)
        var response = HTTPResponse.json(status, writer.bytes, contentType: Self.contentType)
        if let retryAfterSeconds { response.headers.append(("Retry-After", String(retryAfterSeconds))) }
        if status == 401 { response.headers.append(("WWW-Authenticate", "Bearer realm=\"tusk\"")) }
        return response
    }
}
