import TuskHTTP
import TuskStore

/// What every request passes on its way to its route: who asks, may they, and do they ask for something known.
///
/// Runs on the server's thread and never waits there; only a key that is not known yet takes the way over a lane.
struct Gate: Sendable {
    let authenticator: Authenticator
    let allowsAnonymous: Bool
    let lanes: Lanes
    /// For tokens that never worked here, so that a flood of them does not hold up those that do.
    let strangers: Lanes
    let metrics: APIMetrics

    /// The handler of a route for the router.
    func handler(_ route: APIRoute) -> HTTPHandler {
        { request, responder in
            let visitor = Visitor(request: request, responder: responder, requestID: RequestID.of(request))
            self.receive(visitor, route)
        }
    }

    /// A request of somebody who is not known yet.
    private struct Visitor: Sendable {
        let request: HTTPRequest
        let responder: HTTPResponder
        let requestID: String

        func refuse(_ problem: Problem) {
            var response = problem.response(requestID: requestID)
            response.headers.append((RequestID.field, requestID))
            responder.send(response)
        }
    }

    private func receive(_ visitor: Visitor, _ route: APIRoute) {
        let needed: Scope
        switch route.access {
        case .open:
            return admit(visitor, .nobody, route)
        case .openOnLoopback(let scope):
            guard !BrowserGuard.isFromThisMachine(visitor.request) else { return admit(visitor, .nobody, route) }
            needed = scope
        case .scope(let scope):
            needed = scope
        }
        if allowsAnonymous, let refusal = BrowserGuard.refusal(of: visitor.request) { return visitor.refuse(refusal) }
        switch authenticator.look(at: visitor.request) {
        case .accepted(let principal):
            check(visitor, principal, needed, route)
        case .acceptedButAging(let principal, let token):
            refresh(token)
            check(visitor, principal, needed, route)
        case .refused(let problem):
            refuse(visitor, problem)
        case .unknown(let token, let isStranger):
            resolve(token, visitor, needed, route, on: isStranger ? strangers : lanes)
        }
    }

    private func resolve(
        _ token: APIToken,
        _ visitor: Visitor,
        _ needed: Scope,
        _ route: APIRoute,
        on lanes: Lanes
    ) {
        let run: @Sendable () -> Void = {
            do throws(Problem) {
                let principal = try authenticator.resolve(token)
                check(visitor, principal, needed, route)
                authenticator.touch(principal.id)
            } catch {
                refuse(visitor, error)
            }
        }
        lanes.submit(Lanes.Work(run: run, refuse: { visitor.refuse($0) }))
    }

    /// Asks the database again for a key that works, before anybody has to wait for it.
    private func refresh(_ token: APIToken) {
        let run: @Sendable () -> Void = {
            do throws(Problem) {
                let principal = try authenticator.resolve(token)
                authenticator.touch(principal.id)
            } catch {
                // The next request with the token learns the reason.
            }
        }
        lanes.submit(Lanes.Work(run: run, refuse: { _ in authenticator.giveUpRefresh(token) }))
    }

    private func check(_ visitor: Visitor, _ principal: Principal, _ needed: Scope, _ route: APIRoute) {
        if let refusal = authenticator.refusal(ofRequestBy: principal) { return refuse(visitor, refusal) }
        guard principal.may(needed) else { return refuse(visitor, Authenticator.missing(needed)) }
        admit(visitor, principal, route)
    }

    private func refuse(_ visitor: Visitor, _ problem: Problem) {
        metrics.noteRefusal(problem)
        visitor.refuse(problem)
    }

    private func admit(_ visitor: Visitor, _ principal: Principal, _ route: APIRoute) {
        if let known = route.parameters,
            let unknown = visitor.request.query.parameters.first(where: { !known.contains($0.name) })
        {
            return visitor.refuse(Self.unknownParameter(unknown.name, known))
        }
        let call = Call(
            visitor.request,
            visitor.responder,
            requestID: visitor.requestID,
            principal: principal,
            inFlight: metrics.requestsInFlight
        )
        route.handle(call)
    }

    private static func unknownParameter(_ name: String, _ parameters: [String]) -> Problem {
        let names = parameters.isEmpty ? "none" : parameters.joined(separator: ", ")
        let known = "It takes \(names)."
        let shown = String(name.prefix(64))
        let fault = Problem.Fault(.parameter(shown), code: "unknown_parameter", detail: known)
        return Problem(.unknownParameter, "This resource has no parameter \(shown). \(known)", faults: [fault])
    }
}
