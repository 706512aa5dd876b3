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
    func json(limits: JSONLimits, as types: [MediaType] = [.json]) throws(Problem) -> JSONDocument {
        try MediaType.require(types, request)
        do throws(JSONError) {
            return try JSONDocument(validating: request.body, limits: limits)
        } catch {
            throw Problem(error)
        }
    }
}
