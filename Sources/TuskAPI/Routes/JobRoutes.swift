import TuskCore
import TuskHTTP
import TuskStore
import TuskTelemetry

/// Reading jobs, one or many, changing, cancelling and retrying them.
struct JobRoutes: Sendable {
    let services: Services

    private static let pageSizeStandard = 50
    /// The longest body of a command, which is a reason at most.
    private static let commandBody = BodyRule.buffered(bytesMax: 4096)

    var routes: [APIRoute] {
        [
            APIRoute(
                .get,
                "/v1/jobs",
                .scope(.read),
                parameters: ["state", "queue", "kind", "tag", "page_size", "page_token"],
                handle: list
            ),
            APIRoute(.get, "/v1/jobs/{id}", .scope(.read), parameters: ["include"], handle: read),
            APIRoute(.get, "/v1/jobs/{id}/explain", .scope(.read), handle: explain),
            APIRoute(.post, "/v1/jobs/{id}:cancel", .scope(.operate), body: Self.commandBody, handle: cancel),
            APIRoute(.post, "/v1/jobs/{id}:retry", .scope(.operate), body: Self.commandBody, handle: retry),
            JobEditRoute(services: services).route,
        ]
    }

    // One

    private struct Inclusions: Sendable {
        var attempts = false
        var logs = false
        var steps = false
    }

    private func read(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            let preconditions = try Preconditions(call.request.headers)
            return (id: try call.jobID(), inclusions: try inclusions(call), preconditions: preconditions)
        } _: { desk, input throws(Problem) in
            let id = input.id
            guard let job = try desk.ask({ session throws(StoreError) in try session.job(id) }) else {
                throw Self.notFound
            }
            var attempts: [AttemptRecord]?
            var logs: [JobLogRecord]?
            if input.inclusions.attempts {
                attempts = try desk.ask { session throws(StoreError) in try session.attempts(of: id) }
            }
            if input.inclusions.logs {
                logs = try desk.ask { session throws(StoreError) in
                    try session.logLines(of: id, afterLease: 0, line: 0)
                }
            }
            var steps: [StepRecord]?
            if input.inclusions.steps {
                steps = try desk.ask { session throws(StoreError) in try session.steps(of: id) }
            }
            let response = HTTPResponse.object { writer in
                writer.members(of: job, isWhole: true)
                if let steps { writer.member("steps", steps) { $0.members(of: $1) } }
                if let attempts { writer.member("attempts", attempts) { $0.members(of: $1) } }
                if let logs { writer.member("logs", logs) { $0.members(of: $1) } }
            }
            return try response.tagged(input.preconditions)
        }
    }

    private func explain(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            try call.jobID()
        } _: { desk, id throws(Problem) in
            let explanation = try desk.ask { session throws(StoreError) in try session.explain(id) }
            guard explanation.isFound else { throw Self.notFound }
            return .object { $0.members(of: explanation, id) }
        }
    }

    private func inclusions(_ call: Call) throws(Problem) -> Inclusions {
        var inclusions = Inclusions()
        guard let text = call.request.query["include"] else { return inclusions }
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            switch word {
            case "attempts": inclusions.attempts = true
            case "logs": inclusions.logs = true
            case "steps": inclusions.steps = true
            default:
                let rule = "include is attempts, logs and steps, with commas between them."
                throw .parameter("include", code: "unknown_value", rule)
            }
        }
        return inclusions
    }

    // Many

    private struct Page: Sendable {
        let filter: JobFilter
        let size: Int
        let below: JobID?
    }

    private func list(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            let filter = try filter(call)
            let size = try call.pageSize(standard: Self.pageSizeStandard, max: StoreSession.listJobsMax)
            return Page(filter: filter, size: size, below: try start(call, filter))
        } _: { desk, page throws(Problem) in
            // One more than the page has tells whether there is a next one.
            let found = try desk.ask { session throws(StoreError) in
                try session.jobs(page.filter, below: page.below, limit: page.size + 1)
            }
            return Self.response(found, page)
        }
    }

    private func filter(_ call: Call) throws(Problem) -> JobFilter {
        var filter = JobFilter()
        if let text = call.request.query["state"] {
            guard let state = JobState(rawValue: text) else {
                let names = JobState.allCases.map(\.rawValue).joined(separator: ", ")
                throw .parameter("state", code: "unknown_value", "state is one of \(names).")
            }
            filter.state = state
        }
        filter.queue = try call.queryName("queue") { QueueName($0) }
        filter.kind = try call.queryName("kind") { Kind($0) }
        filter.tag = try call.queryName("tag") { Tag($0) }
        return filter
    }

    /// What list this is, for its tokens. No name has a slash in it.
    private static func name(of filter: JobFilter) -> String {
        let parts = [filter.state?.rawValue, filter.queue?.text, filter.kind?.text, filter.tag?.text]
        return "jobs/" + parts.map { $0 ?? "" }.joined(separator: "/")
    }

    private func start(_ call: Call, _ filter: JobFilter) throws(Problem) -> JobID? {
        guard let place = try PageToken.place(call, list: Self.name(of: filter)) else { return nil }
        guard place.count == 8, let id = JobID(rawValue: place.reduce(0) { $0 << 8 | Int64($1) }) else {
            throw PageToken.refusal
        }
        return id
    }

    private static func response(_ found: JobPage, _ page: Page) -> HTTPResponse {
        let jobs = Array(found.jobs.prefix(page.size))
        // Where there is no room for the one more, a full page may have a next one, which is empty.
        let next = found.jobs.count > page.size ? jobs.last?.id : found.next
        return .object { writer in
            writer.member("jobs", jobs) { $0.members(of: $1, isWhole: false) }
            guard let next else { return }
            let place = (0..<8).map { UInt8(truncatingIfNeeded: next.rawValue >> (56 - 8 * $0)) }
            writer.member("next_page_token", PageToken.text(place, list: name(of: page.filter)))
        }
    }

    // Commands

    private func cancel(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            (id: try call.jobID(), reason: try call.reason())
        } _: { desk, input throws(Problem) in
            let answer = try desk.ask { session throws(StoreError) in
                try session.cancel(input.id, by: desk.author(), reason: input.reason) { services.effects.wake($0) }
            }
            switch answer {
            case .cancelled: return Self.response(200, input.id, answer)
            case .cancelling: return Self.response(202, input.id, answer)
            case .completed: throw Self.wrongState(.completed, Self.cancellable)
            case .discarded: throw Self.wrongState(.discarded, Self.cancellable)
            case .notFound: throw Self.notFound
            case .available, .blocked, .running:
                throw services.problem(.unreadable("cancel answered \(answer)"), desk.call)
            }
        }
    }

    private func retry(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            (id: try call.jobID(), reason: try call.reason())
        } _: { desk, input throws(Problem) in
            let answer = try desk.ask { session throws(StoreError) in
                try session.retry(input.id, by: desk.author(input.reason))
            }
            switch answer {
            case .available:
                wake(for: input.id, desk)
                return Self.response(200, input.id, answer)
            case .blocked: throw Self.wrongState(.blocked, Self.retryable)
            case .running: throw Self.wrongState(.running, Self.retryable)
            case .completed: throw Self.wrongState(.completed, Self.retryable)
            case .notFound: throw Self.notFound
            case .cancelled, .cancelling, .discarded:
                throw services.problem(.unreadable("retry answered \(answer)"), desk.call)
            }
        }
    }

    /// Wakes the workers of a job's queue. They look by themselves soon, so what goes wrong here, after the commit, is
    /// no failure of the request.
    private func wake(for id: JobID, _ desk: Desk) {
        do throws(StoreError) {
            guard let queue = try desk.session.job(id).flatMap({ QueueName($0.queue) }) else { return }
            services.effects.wake([queue])
        } catch {
            services.logger.warning(
                "a job was made available, and the queue to wake is not known",
                ["error": .text(error.description), "request_id": .text(desk.call.requestID)]
            )
        }
    }

    private static func response(_ status: Int, _ id: JobID, _ answer: JobCommandAnswer) -> HTTPResponse {
        .object(status) { writer in
            writer.member("id", id.description)
            writer.member("state", answer.rawValue)
        }
    }

    private static let cancellable: [JobState] = [.scheduled, .available, .running, .retryable, .blocked, .cancelled]
    private static let retryable: [JobState] = [.scheduled, .available, .retryable, .discarded, .cancelled]
    static let notFound = Problem(.jobNotFound, "There is no job of this id, or it was pruned.")

    static func wrongState(_ state: JobState, _ allowed: [JobState]) -> Problem {
        var problem = Problem(.jobState, "The job is \(state.rawValue); this cannot be done in this state.")
        problem.state = state
        problem.allowedStates = allowed
        return problem
    }
}
