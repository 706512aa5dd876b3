import TuskCore
import TuskHTTP
import TuskStore

/// Schedules: jobs enqueued by the clock.
struct ScheduleRoutes: Sendable {
    let services: Services

    private static let pageSizeStandard = 50
    private static let listName = "schedules"

    var routes: [APIRoute] {
        let body = BodyRule.buffered(bytesMax: services.configuration.bodyBytesMax)
        let paging = ["page_size", "page_token"]
        return [
            APIRoute(.get, "/v1/schedules", .scope(.read), parameters: paging, handle: list),
            APIRoute(.get, "/v1/schedules/{name}", .scope(.read), handle: read),
            APIRoute(.put, "/v1/schedules/{name}", .scope(.operate), body: body, handle: put),
            APIRoute(.delete, "/v1/schedules/{name}", .scope(.operate), handle: remove),
            APIRoute(.get, "/v1/schedules/{name}/ticks", .scope(.read), parameters: ["page_size"], handle: ticks),
        ] + ScheduleCommandRoutes(services: services).routes
    }

    private func list(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            let size = try call.pageSize(standard: Self.pageSizeStandard, max: StoreSession.listSchedulesMax)
            let place = try PageToken.place(call, list: Self.listName)
            return (size: size, after: place.map { String(decoding: $0, as: UTF8.self) } ?? "")
        } _: { desk, page throws(Problem) in
            let found = try desk.ask { session throws(StoreError) in
                try session.schedules(after: page.after, limit: page.size + 1)
            }
            let hasMore = found.count > page.size || found.count == StoreSession.listSchedulesMax
            let schedules = Array(found.prefix(page.size))
            return .object { writer in
                writer.member("schedules", schedules) { $0.members(of: $1) }
                guard hasMore, let last = schedules.last else { return }
                writer.member("next_page_token", PageToken.text(Array(last.name.utf8), list: Self.listName))
            }
        }
    }

    private func read(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            (name: try Self.name(call), preconditions: try Preconditions(call.request.headers))
        } _: { desk, input throws(Problem) in
            let schedule = try Self.find(input.name, desk)
            return try Self.response(schedule).tagged(input.preconditions, definition: Self.definition(schedule))
        }
    }

    private func put(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            let document = try call.json(limits: JobDecoder.scheduleLimits)
            return (change: try Self.change(call), document: document)
        } _: { desk, input throws(Problem) in
            let (name, change) = (input.change.name, input.change)
            let schedule = try Self.schedule(name, input.document)
            let answer = try desk.ask { session throws(StoreError) in
                try session.put(schedule, by: desk.author(change.reason), when: change.condition)
            }
            switch answer {
            case .neverFires: throw Self.neverAgain
            case .refused: throw Preconditions.failure
            case .created, .replaced:
                let stored = try Self.findStored(name, desk)
                return .object(answer == .created ? 201 : 200) { $0.members(of: stored) }
            }
        }
    }

    private func remove(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            try Self.change(call)
        } _: { desk, change throws(Problem) in
            let answer = try desk.ask { session throws(StoreError) in
                try session.remove(schedule: change.name, by: desk.author(change.reason), when: change.condition)
            }
            switch answer {
            case .removed: return HTTPResponse(status: 204)
            case .refused: throw Preconditions.failure
            case .notFound: throw Self.notFound
            }
        }
    }

    /// What a request changes, why, and what it expects to be there.
    private struct Change: Sendable {
        let name: String
        let reason: String?
        let preconditions: Preconditions

        /// Whether the change may be made; nil: whatever is there.
        var condition: (@Sendable (ScheduleRecord?) -> Bool)? {
            guard !preconditions.isEmpty else { return nil }
            return { [preconditions] stored in preconditions.allowChange(ofDefinition: stored.map(definition)) }
        }
    }

    private static func change(_ call: Call) throws(Problem) -> Change {
        Change(
            name: try name(call),
            reason: try call.headerReason(),
            preconditions: try Preconditions(call.request.headers)
        )
    }

    /// What stands for all that people and programs set: one that is removed and made again has another moment.
    private static func definition(_ schedule: ScheduleRecord) -> [UInt8] {
        Array("\(schedule.createdAt.microseconds) \(schedule.revision)".utf8)
    }

    private static func response(_ schedule: ScheduleRecord) -> HTTPResponse {
        .object { $0.members(of: schedule) }
    }

    private func ticks(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            let size = try call.pageSize(standard: Self.pageSizeStandard, max: StoreSession.listSchedulesMax)
            return (name: try Self.name(call), size: size)
        } _: { desk, input throws(Problem) in
            _ = try Self.find(input.name, desk)
            let ticks = try desk.ask { session throws(StoreError) in
                try session.ticks(of: input.name, limit: input.size)
            }
            return .object { writer in
                writer.member("ticks", ticks) { $0.members(of: $1) }
            }
        }
    }

    static func name(_ call: Call) throws(Problem) -> String {
        try call.pathName("name") { NameRule.allows($0) ? $0 : nil }
    }

    static func find(_ name: String, _ desk: Desk) throws(Problem) -> ScheduleRecord {
        guard let schedule = try desk.ask({ session throws(StoreError) in try session.schedule(name) }) else {
            throw notFound
        }
        return schedule
    }

    /// Finds what was just stored. A failure here is none of the change itself, and must not be taken for one.
    static func findStored(_ name: String, _ desk: Desk) throws(Problem) -> ScheduleRecord {
        do throws(Problem) {
            return try find(name, desk)
        } catch {
            var problem = Problem(.databaseUnavailable, "The schedule was stored, but could not be read back.")
            problem.isUnknownOutcome = true
            throw problem
        }
    }

    private static func schedule(_ name: String, _ document: JSONDocument) throws(Problem) -> NewSchedule {
        do throws(ValidationError) {
            return try NewSchedule(name: name, json: document.root)
        } catch {
            throw Problem(error)
        }
    }

    static let notFound = Problem(.scheduleNotFound, "There is no schedule of this name.")
    private static let neverAgain = Problem(
        ValidationError(pointer: "#/cron", .unknownValue, "cron does not fire in the next 100 years")
    )
}
