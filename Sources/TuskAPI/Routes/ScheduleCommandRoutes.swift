import TuskCore
import TuskHTTP
import TuskStore

/// What people do with schedules: pausing and resuming them, running one now, and looking ahead.
struct ScheduleCommandRoutes: Sendable {
    let services: Services

    /// The longest body of a command, which is a reason or a rule at most.
    private static let commandBody = BodyRule.buffered(bytesMax: 8192)
    private static let previewCountStandard = 10

    var routes: [APIRoute] {
        let body = Self.commandBody
        return [
            APIRoute(.post, "/v1/schedules/{name}:pause", .scope(.operate), body: body, handle: pause),
            APIRoute(.post, "/v1/schedules/{name}:resume", .scope(.operate), body: body, handle: resume),
            APIRoute(.post, "/v1/schedules/{name}:trigger", .scope(.operate), body: body, handle: trigger),
            APIRoute(.get, "/v1/schedules/{name}/preview", .scope(.read), parameters: ["count"], handle: preview),
            APIRoute(.post, "/v1/schedules:preview", .scope(.read), body: body, handle: previewRule),
        ]
    }

    private func pause(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            (name: try ScheduleRoutes.name(call), reason: try call.reason())
        } _: { desk, input throws(Problem) in
            let exists = try desk.ask { session throws(StoreError) in
                try session.pause(schedule: input.name, by: desk.author(), reason: input.reason)
            }
            guard exists else { throw ScheduleRoutes.notFound }
            let stored = try ScheduleRoutes.findStored(input.name, desk)
            return .object { $0.members(of: stored) }
        }
    }

    private func resume(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            (name: try ScheduleRoutes.name(call), reason: try call.reason())
        } _: { desk, input throws(Problem) in
            let exists = try desk.ask { session throws(StoreError) in
                try session.resume(schedule: input.name, by: desk.author(input.reason))
            }
            guard exists else { throw ScheduleRoutes.notFound }
            let stored = try ScheduleRoutes.findStored(input.name, desk)
            return .object { $0.members(of: stored) }
        }
    }

    private func trigger(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            (name: try ScheduleRoutes.name(call), reason: try call.reason())
        } _: { desk, input throws(Problem) in
            let run = try desk.ask { session throws(StoreError) in
                try session.runNow(schedule: input.name, by: desk.author(input.reason))
            }
            guard let run else { throw ScheduleRoutes.notFound }
            services.effects.wake([run.queue])
            return .object(201) { writer in
                writer.member("name", input.name)
                writer.member("job_id", run.job.description)
            }
        }
    }

    // Looking ahead

    private func preview(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            (name: try ScheduleRoutes.name(call), count: try Self.count(call))
        } _: { desk, input throws(Problem) in
            let schedule = try ScheduleRoutes.find(input.name, desk)
            let now = try desk.ask { session throws(StoreError) in try session.scheduleMoment() }
            let preview = try Self.preview { () throws(SchedulePreview.Failure) in try SchedulePreview(schedule) }
            return .object { writer in
                writer.member("name", schedule.name)
                writer.members(of: preview, after: now, count: input.count)
            }
        }
    }

    private enum RuleField: String, CaseIterable {
        case cron
        case timeZone = "time_zone"
        case count
    }

    private struct Rule: Sendable {
        let preview: SchedulePreview
        let count: Int
    }

    private func previewRule(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            try Self.rule(try call.json(limits: .metadata))
        } _: { desk, rule throws(Problem) in
            let now = try desk.ask { session throws(StoreError) in try session.scheduleMoment() }
            return .object { $0.members(of: rule.preview, after: now, count: rule.count) }
        }
    }

    private static func rule(_ document: JSONDocument) throws(Problem) -> Rule {
        do throws(ValidationError) {
            var reader = FieldReader<RuleField>(document.root, at: JSONPointer.root, what: "a rule")
            if document.root.kind == .object { reader.require(.cron) }
            let cron = reader.string(.cron)
            let zone = reader.value(.timeZone) == nil ? "UTC" : reader.string(.timeZone)
            let count = reader.wholeNumber(.count, in: 1...Int64(SchedulePreview.countMax))
            try reader.finish()
            guard let cron, let zone else { preconditionFailure("finish throws when something is missing") }
            do throws(SchedulePreview.Failure) {
                let preview = try SchedulePreview(cron: cron, timeZone: zone)
                return Rule(preview: preview, count: count.map { Int($0) } ?? previewCountStandard)
            } catch {
                throw invalid(error)
            }
        } catch {
            throw Problem(error)
        }
    }

    private static func count(_ call: Call) throws(Problem) -> Int {
        guard let text = call.request.query["count"] else { return previewCountStandard }
        let isNumber = (1...6).contains(text.utf8.count) && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        guard isNumber, let count = Int(text), (1...SchedulePreview.countMax).contains(count) else {
            let rule = "count must be a whole number from 1 to \(SchedulePreview.countMax)."
            throw .parameter("count", code: "out_of_range", rule)
        }
        return count
    }

    private static func preview(
        _ make: () throws(SchedulePreview.Failure) -> SchedulePreview
    ) throws(Problem) -> SchedulePreview {
        do throws(SchedulePreview.Failure) {
            return try make()
        } catch {
            throw Problem(invalid(error))
        }
    }

    private static func invalid(_ failure: SchedulePreview.Failure) -> ValidationError {
        switch failure {
        case .cron(let rule): ValidationError(pointer: "#/cron", .unknownValue, "cron \(rule)")
        case .timeZone(let rule): ValidationError(pointer: "#/time_zone", .unknownValue, "time_zone \(rule)")
        }
    }
}
