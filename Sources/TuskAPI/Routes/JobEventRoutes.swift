import TuskCore
import TuskHTTP
import TuskStore

/// `GET /v1/jobs/{id}/events`: what becomes of a job, as it happens.
///
/// Events `state` (the job), `progress` and `log`, until the job has ended. The `Last-Event-ID` of a client that comes
/// again says which lines of the log it has; the present state is told again.
struct JobEventRoutes: Sendable {
    let services: Services
    let streams: JobStreams

    /// At the end of the id of a job's last event.
    static let endMark = "-end"
    private static let field = "Last-Event-ID"

    var routes: [APIRoute] {
        [APIRoute(.get, "/v1/jobs/{id}/events", .scope(.read), handle: follow)]
    }

    private func follow(_ call: Call) {
        do throws(Problem) {
            let id = try call.jobID()
            let (place, hasSeenEnd) = try Self.lastEvent(call)
            let run: @Sendable () -> Void = {
                do throws(Problem) {
                    let job = try services.response(call) { desk throws(Problem) in
                        try desk.ask { session throws(StoreError) in try session.job(id) }
                    }
                    guard let job else {
                        throw Problem(.jobNotFound, "There is no job of this id, or it was pruned.")
                    }
                    // Tells a browser not to come again.
                    if hasSeenEnd, job.state.isFinal { return call.answer(HTTPResponse(status: 204)) }
                    streams.enter(call, id, JobFollow(after: place))
                } catch {
                    call.refuse(error)
                }
            }
            services.lanes.submit(Lanes.Work(run: run, refuse: { call.refuse($0) }))
        } catch {
            call.refuse(error)
        }
    }

    /// Where the client stopped, and whether that was at the end of the job.
    private static func lastEvent(_ call: Call) throws(Problem) -> (JobFollow.Place, hasSeenEnd: Bool) {
        guard let text = call.request.headers[field], !text.isEmpty else { return (JobFollow.Place(), false) }
        let hasSeenEnd = text.hasSuffix(endMark)
        guard let place = JobFollow.Place(hasSeenEnd ? text.dropLast(endMark.count) : text[...]) else {
            throw .header(field, code: "invalid_id", "This is not the id of an event of a job.")
        }
        return (place, hasSeenEnd)
    }
}
