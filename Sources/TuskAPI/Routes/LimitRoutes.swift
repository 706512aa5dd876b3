import TuskCore
import TuskHTTP
import TuskStore

/// Concurrency limits: how many jobs with a key may run at once.
struct LimitRoutes: Sendable {
    let services: Services

    var routes: [APIRoute] {
        [
            APIRoute(.get, "/v1/limits", .scope(.read), handle: list),
            APIRoute(.put, "/v1/limits/{key}", .scope(.operate), body: .buffered(bytesMax: 4096), handle: put),
            APIRoute(.delete, "/v1/limits/{key}", .scope(.operate), handle: remove),
        ]
    }

    private func list(_ call: Call) {
        services.answer(call) { _ in
        } _: { desk, _ throws(Problem) in
            let limits = try desk.ask { session throws(StoreError) in try session.runningLimits() }
            return .object { writer in
                writer.member("limits", limits) { $0.members(of: $1) }
                writer.member("waiting_max", RunningLimitRecord.waitingCountMax)
            }
        }
    }

    private func put(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            (key: try Self.key(call), document: try call.json(limits: .metadata))
        } _: { desk, input throws(Problem) in
            let limit: RunningLimit
            do throws(ValidationError) {
                limit = try RunningLimit(input.key, json: input.document.root)
            } catch {
                throw Problem(error)
            }
            let released = try desk.ask { session throws(StoreError) in
                try session.putRunningLimit(limit, by: desk.call.principal.name)
            }
            services.effects.wake(released)
            return .object { writer in
                writer.member("key", limit.key)
                writer.member("running_max", limit.runningMax)
            }
        }
    }

    private func remove(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            try Self.key(call)
        } _: { desk, key throws(Problem) in
            let released = try desk.ask { session throws(StoreError) in try session.removeRunningLimit(key) }
            guard let released else { throw Self.notFound }
            services.effects.wake(released)
            return HTTPResponse(status: 204)
        }
    }

    private static let notFound = Problem(.limitNotFound, "There is no limit for this key.")

    private static func key(_ call: Call) throws(Problem) -> String {
        guard let key = call.request.parameters["key"], RunningLimit.allows(key) else {
            throw .parameter("key", code: "invalid_name", "The key in the path \(RunningLimit.keyRule).")
        }
        return key
    }
}
