import TuskCore
import TuskHTTP
import TuskStore

/// Limits: how many jobs with a key may run at once and start in a time.
struct LimitRoutes: Sendable {
    let services: Services

    var routes: [APIRoute] {
        let body = BodyRule.buffered(bytesMax: 4096)
        return [
            APIRoute(.get, "/v1/limits", .scope(.read), handle: list),
            APIRoute(.put, "/v1/limits/{key}", .scope(.operate), body: body, handle: put),
            APIRoute(.delete, "/v1/limits/{key}", .scope(.operate), handle: remove),
            APIRoute(.post, "/v1/limits/{key}:pause", .scope(.operate), body: body, handle: pause),
            APIRoute(.post, "/v1/limits/{key}:resume", .scope(.operate), body: body, handle: resume),
            APIRoute(.post, "/v1/limits/{key}:close", .scope(.operate), body: body, handle: close),
        ]
    }

    private func list(_ call: Call) {
        services.answer(call) { _ in
        } _: { desk, _ throws(Problem) in
            let limits = try desk.ask { session throws(StoreError) in try session.limits() }
            return .object { writer in
                writer.member("limits", limits) { $0.members(of: $1) }
                writer.member("waiting_max", KeyLimitRecord.waitingCountMax)
            }
        }
    }

    private func put(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            let document = try call.json(limits: .metadata)
            return (key: try Self.key(call), document: document, reason: try call.headerReason())
        } _: { desk, input throws(Problem) in
            let limit: KeyLimit
            do throws(ValidationError) {
                limit = try KeyLimit(input.key, json: input.document.root)
            } catch {
                throw Problem(error)
            }
            let released = try desk.ask { session throws(StoreError) in
                try session.putLimit(limit, by: desk.author(input.reason))
            }
            services.effects.wake(released)
            return .object { writer in
                writer.member("key", limit.key)
                if let runningMax = limit.runningMax { writer.member("running_max", runningMax) }
                if let rate = limit.rate { writer.member("rate", rate) }
                if let breaker = limit.breaker { writer.member("breaker", breaker) }
                if let weight = limit.shareWeight { writer.member("share_weight", weight) }
            }
        }
    }

    private func remove(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            (key: try Self.key(call), reason: try call.headerReason())
        } _: { desk, input throws(Problem) in
            let released = try desk.ask { session throws(StoreError) in
                try session.removeLimit(input.key, by: desk.author(input.reason))
            }
            guard let released else { throw Self.notFound }
            services.effects.wake(released)
            return HTTPResponse(status: 204)
        }
    }

    private enum PauseField: String, CaseIterable { case reason, until }

    private func pause(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            let (reason, until) = try Self.pause(call)
            return (key: try Self.pausableKey(call), reason: reason, until: until)
        } _: { desk, input throws(Problem) in
            let end = input.until.map { PauseEnd.at($0) }
            let pause = try desk.ask { session throws(StoreError) in
                try session.pause(input.key, by: desk.author(), reason: input.reason, until: end)
            }
            guard let pause else {
                throw Problem(ValidationError(pointer: "#/until", .invalidTime, "until must be in the future"))
            }
            return .object { writer in
                writer.member("key", input.key.text)
                writer.member("pause", ifPresent: pause)
            }
        }
    }

    private func resume(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            (key: try Self.pausableKey(call), reason: try call.reason())
        } _: { desk, input throws(Problem) in
            let released = try desk.ask { session throws(StoreError) in
                try session.resume(input.key, by: desk.author(input.reason))
            }
            if let released { services.effects.wake(released) }
            return .object { $0.member("key", input.key.text) }
        }
    }

    /// Closes a breaker by hand.
    private func close(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            (key: try Self.key(call), reason: try call.reason())
        } _: { desk, input throws(Problem) in
            let released = try desk.ask { session throws(StoreError) in
                try session.closeBreakers(input.key, by: desk.author(input.reason))
            }
            if let released { services.effects.wake(released) }
            return .object { $0.member("key", input.key) }
        }
    }

    /// The reason and the end in a body that may be missing: `{"reason":"...","until":"2026-01-02T03:04:05Z"}`.
    private static func pause(_ call: Call) throws(Problem) -> (reason: String?, until: Timestamp?) {
        guard !call.request.body.isEmpty else { return (nil, nil) }
        let document = try call.json(limits: .metadata)
        do throws(ValidationError) {
            var reader = FieldReader<PauseField>(document.root, at: JSONPointer.root, what: "this request")
            let reason = reader.string(.reason)
            if let reason, reason.utf8.count > Call.reasonBytesMax {
                reader.refuse(.reason, .tooLarge, "must be at most \(Call.reasonBytesMax) bytes")
            }
            let text = reader.string(.until)
            let until = text.flatMap { Timestamp(rfc3339: $0) }
            if text != nil, until == nil {
                reader.refuse(.until, .invalidTime, "must be an RFC 3339 time with an offset")
            }
            try reader.finish()
            return (reason, until)
        } catch {
            throw Problem(error)
        }
    }

    private static func pausableKey(_ call: Call) throws(Problem) -> PausableKey {
        guard let key = call.request.parameters["key"].flatMap({ PausableKey($0) }) else {
            throw .parameter("key", code: "invalid_name", "The key in the path \(PausableKey.rule).")
        }
        return key
    }

    private static let notFound = Problem(.limitNotFound, "There is no limit for this key.")

    private static func key(_ call: Call) throws(Problem) -> String {
        guard let key = call.request.parameters["key"], KeyLimit.allows(key) else {
            throw .parameter("key", code: "invalid_name", "The key in the path \(KeyLimit.keyRule).")
        }
        return key
    }
}
