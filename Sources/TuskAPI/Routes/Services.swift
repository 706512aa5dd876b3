import TuskCore
import TuskHTTP
import TuskStore
import TuskTelemetry

/// What routes work with.
struct Services: Sendable {
    let store: Store
    let configuration: APIConfiguration
    let lanes: Lanes
    let streams: Lanes
    let coalescer: Coalescer
    let waiting: WaitingResults
    let effects: EnqueueEffects
    /// Who takes the spans of enqueues; nil: nobody.
    let tracer: Tracer?
    let logger: Logger

    /// Reads what the request says, at once, and answers on a lane with what `body` does about it in a session.
    func answer<Input: Sendable>(
        _ call: Call,
        reading read: (Call) throws(Problem) -> Input,
        _ body: @escaping @Sendable (Desk, Input) throws(Problem) -> HTTPResponse
    ) {
        do throws(Problem) {
            let input = try read(call)
            let run: @Sendable () -> Void = {
                call.answer { call throws(Problem) in
                    try response(call) { desk throws(Problem) in try body(desk, input) }
                }
            }
            lanes.submit(Lanes.Work(run: run, refuse: { call.refuse($0) }))
        } catch {
            call.refuse(error)
        }
    }

    /// Lends `body` a session. Blocks.
    func response<Response>(
        _ call: Call,
        _ body: (Desk) throws(Problem) -> Response
    ) throws(Problem) -> Response {
        let result: Result<Response, Problem>
        do throws(StoreError) {
            result = try store.withSession { session throws(StoreError) in
                let desk = Desk(session: session, call: call, services: self)
                return Result { () throws(Problem) in try body(desk) }
            }
        } catch {
            throw problem(error, call)
        }
        return try result.get()
    }

    /// What a failure of the store is to the client; the log gets the whole of it.
    func problem(_ error: StoreError, _ call: Call) -> Problem {
        Self.problem(error, call, effects.metrics, logger)
    }

    /// The same for those who have no services.
    static func problem(_ error: StoreError, _ call: Call, _ metrics: APIMetrics, _ logger: Logger) -> Problem {
        guard error.uniqueConflict == nil else { return Problem(error) }
        metrics.note(error)
        logger.log(
            error.isTransient ? .warning : .error,
            "a request failed",
            [
                "error": .text(error.description), "request_id": .text(call.requestID),
                "route": .text(call.request.route),
            ]
        )
        return Problem(error)
    }
}

/// A session for the time of one request. Its failures become problems.
struct Desk {
    let session: StoreSession
    let call: Call
    let services: Services

    /// Who asks, for the record of what they change, and why; pauses and cancels have a reason of their own.
    func author(_ reason: String? = nil) -> Author {
        Author(
            id: call.principal.id,
            name: call.principal.name,
            origin: call.request.remoteAddress,
            reason: reason
        )
    }

    /// Asks the store.
    func ask<Answer>(_ body: (StoreSession) throws(StoreError) -> Answer) throws(Problem) -> Answer {
        do throws(StoreError) {
            return try body(session)
        } catch {
            throw services.problem(error, call)
        }
    }
}
