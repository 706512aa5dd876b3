import TuskCore
import TuskHTTP
import TuskStore

/// Changing a job that waits: `PATCH /v1/jobs/{id}`.
struct JobEditRoute: Sendable {
    let services: Services

    var route: APIRoute {
        let body = BodyRule.buffered(bytesMax: services.configuration.bodyBytesMax)
        return APIRoute(.patch, "/v1/jobs/{id}", .scope(.operate), body: body, handle: edit)
    }

    private struct Change: Sendable {
        let id: JobID
        let edit: JobEdit
        let reason: String?
        let preconditions: Preconditions

        /// Whether the job may be changed, by the tag of what a plain read of it answers; nil: whatever it is.
        var condition: (@Sendable (JobRecord) -> Bool)? {
            guard !preconditions.isEmpty else { return nil }
            return { [preconditions] job in preconditions.allowChange(of: Preconditions.tag(of: response(job).body)) }
        }
    }

    private func edit(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            try Self.change(call)
        } _: { desk, change throws(Problem) in
            let answer = try desk.ask { session throws(StoreError) in
                try session.edit(change.id, change.edit, by: desk.author(change.reason), when: change.condition)
            }
            switch answer {
            case .changed(_, let woken):
                if let woken { services.effects.wake([woken]) }
                var response = Self.response(try Self.readBack(change.id, desk))
                response.headers.append(("ETag", Preconditions.tag(of: response.body)))
                return response
            case .wrongState(let state): throw JobRoutes.wrongState(state, Self.editable)
            case .notFound: throw JobRoutes.notFound
            case .refused: throw Preconditions.failure
            case .invalid(let error): throw Problem(error)
            }
        }
    }

    private static func change(_ call: Call) throws(Problem) -> Change {
        let id = try call.jobID()
        let preconditions = try Preconditions(call.request.headers)
        let document = try call.json(limits: JobDecoder.jobLimits, as: [.json, .mergePatch])
        let reason = try call.headerReason()
        let mergesArgs = MediaType.of(call.request) == .mergePatch
        do throws(ValidationError) {
            let edit = try JobEdit(json: document.root, mergesArgs: mergesArgs)
            return Change(id: id, edit: edit, reason: reason, preconditions: preconditions)
        } catch {
            throw Problem(error)
        }
    }

    /// The job as `GET /v1/jobs/{id}` answers it when nothing is to be included.
    private static func response(_ job: JobRecord) -> HTTPResponse {
        .object { $0.members(of: job, isWhole: true) }
    }

    /// Reads what was just changed. A failure here is none of the change itself, and must not be taken for one.
    private static func readBack(_ id: JobID, _ desk: Desk) throws(Problem) -> JobRecord {
        do throws(Problem) {
            if let job = try desk.ask({ session throws(StoreError) in try session.job(id) }) { return job }
        } catch {
            // As for a job that was pruned meanwhile.
        }
        var problem = Problem(.databaseUnavailable, "The job was changed, but could not be read back.")
        problem.isUnknownOutcome = true
        throw problem
    }

    private static let editable: [JobState] = [.scheduled, .available, .retryable, .blocked]
}
