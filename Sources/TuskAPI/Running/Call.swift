import TuskCore
import TuskHTTP
import TuskTelemetry

/// One request that was let in, and the duty to answer it.
final class Call: Sendable {
    let request: HTTPRequest
    /// Who asks.
    let principal: Principal
    /// What the answer and the log know the request by.
    let requestID: String
    let responder: HTTPResponder
    private let inFlight: Gauge

    init(_ request: HTTPRequest, _ responder: HTTPResponder, requestID: String, principal: Principal, inFlight: Gauge) {
        self.request = request
        self.responder = responder
        self.requestID = requestID
        self.principal = principal
        self.inFlight = inFlight
        inFlight.add(1)
    }

    deinit { inFlight.add(-1) }

    /// Answers.
    func answer(_ response: HTTPResponse) {
        responder.send(stamped(response))
    }

    /// Answers with a problem.
    func refuse(_ problem: Problem) {
        answer(problem.response(requestID: requestID))
    }

    /// Runs `body` and answers with what it returns or throws.
    func answer(_ body: (Call) throws(Problem) -> HTTPResponse) {
        do throws(Problem) {
            answer(try body(self))
        } catch {
            refuse(error)
        }
    }

    /// The response with the request's id.
    func stamped(_ response: HTTPResponse) -> HTTPResponse {
        var response = response
        response.headers.append((RequestID.field, requestID))
        return response
    }

    /// The body, which must be JSON by its type and its bytes.
    func json(limits: JSONLimits) throws(Problem) -> JSONDocument {
        try MediaType.require(.json, request)
        do throws(JSONError) {
            return try JSONDocument(validating: request.body, limits: limits)
        } catch {
            throw Problem(error)
        }
    }
}

/// Ids of requests, for finding the lines of a log that belong to an answer.
enum RequestID {
    static let field = "X-Request-Id"
    /// The longest id that is taken over from the client, in bytes.
    static let bytesMax = 128

    /// The client's id, if it is one that can stand in a log, or a new one.
    static func of(_ request: HTTPRequest) -> String {
        guard let given = request.headers[field], isAcceptable(given) else { return new() }
        return given
    }

    /// 16 random digits.
    static func new() -> String {
        String(decoding: Base62.random(count: 16), as: UTF8.self)
    }

    static func isAcceptable(_ text: String) -> Bool {
        (1...bytesMax).contains(text.utf8.count)
            && text.utf8.allSatisfy { Base62.isDigit($0) || "-_.:/+=".utf8.contains($0) }
    }
}
