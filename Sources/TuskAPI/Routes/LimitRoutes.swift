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

    private func pause(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            (key: try Self.pausableKey(call), pause: try call.pause())
        } _: { desk, input throws(Problem) in
            let pause = try desk.ask { session throws(StoreError) in
                try session.pause(input.key, by: desk.author(), reason: input.pause.reason, until: input.pause.end)
            }
            guard let pause else { throw .pauseInPast }
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
