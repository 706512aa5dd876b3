import TuskCore
import TuskHTTP
import TuskStore

/// Queues: how much is in them, and pausing and resuming them.
struct QueueRoutes: Sendable {
    let services: Services

    var routes: [APIRoute] {
        let body = BodyRule.buffered(bytesMax: 4096)
        return [
            APIRoute(.get, "/v1/queues", .scope(.read), handle: list),
            APIRoute(.get, "/v1/queues/{name}/explain", .scope(.read), handle: explain),
            APIRoute(.put, "/v1/queues/{name}", .scope(.operate), body: body, handle: put),
            APIRoute(.post, "/v1/queues/{name}:pause", .scope(.operate), body: body, handle: pause),
            APIRoute(.post, "/v1/queues/{name}:resume", .scope(.operate), body: body, handle: resume),
        ]
    }

    private func list(_ call: Call) {
        services.answer(call) { _ in
        } _: { desk, _ throws(Problem) in
            let queues = try desk.ask { session throws(StoreError) in try session.queues() }
            return .object { writer in
                writer.member("queues", queues) { $0.members(of: $1) }
                writer.member("count_max", StoreSession.queueCountMax)
            }
        }
    }

    private enum Field: String, CaseIterable { case ageingSeconds = "ageing_seconds" }

    /// Sets what a queue has settings for, as a whole: `{"ageing_seconds":300}`; null or nothing: jobs do not age.
    private func put(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            let queue = try call.pathName("name") { QueueName($0) }
            let document = try call.json(limits: .metadata)
            let reason = try call.headerReason()
            do throws(ValidationError) {
                var reader = FieldReader<Field>(document.root, at: JSONPointer.root, what: "a queue")
                let ageing = reader.seconds(.ageingSeconds, in: StoreSession.ageingRange)
                try reader.finish()
                return (queue: queue, ageing: ageing, reason: reason)
            } catch {
                throw Problem(error)
            }
        } _: { desk, input throws(Problem) in
            try desk.ask { session throws(StoreError) in
                try session.setAgeing(input.ageing, of: input.queue, by: desk.author(input.reason))
            }
            return .object { writer in
                writer.member("name", input.queue.text)
                writer.member("ageing", input.ageing)
            }
        }
    }

    private func explain(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            try call.pathName("name") { QueueName($0) }
        } _: { desk, queue throws(Problem) in
            let explanation = try desk.ask { session throws(StoreError) in try session.explain(queue) }
            return .object { $0.members(of: explanation, queue) }
        }
    }

    private func pause(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            (queue: try call.pathName("name") { QueueName($0) }, pause: try call.pause())
        } _: { desk, input throws(Problem) in
            let pause = try desk.ask { session throws(StoreError) in
                try session.pause(input.queue, by: desk.author(), reason: input.pause.reason, until: input.pause.end)
            }
            guard let pause else { throw .pauseInPast }
            return .object { $0.members(ofQueue: input.queue.text, pause: pause) }
        }
    }

    private func resume(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            (queue: try call.pathName("name") { QueueName($0) }, reason: try call.reason())
        } _: { desk, input throws(Problem) in
            let wasPaused = try desk.ask { session throws(StoreError) in
                try session.resume(input.queue, by: desk.author(input.reason))
            }
            if wasPaused { services.effects.wake([input.queue]) }
            return .object { $0.members(ofQueue: input.queue.text, pause: nil) }
        }
    }
}
