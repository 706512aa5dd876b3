import TuskCore
import TuskHTTP
import TuskStore

/// How it goes: what happened in the last minutes, hours or days, and what is wrong.
struct StatsRoutes: Sendable {
    let services: Services

    /// The times that a series may take, in seconds: up to what is kept by default.
    private static let periodRange = 60...(7 * 86_400)
    private static let periodStandard = 3600
    private static let stepRange = 60...86_400
    /// The steps that are taken without one that is asked for, and the most points they may give.
    private static let steps = [60, 300, 900, 3600, 7200]
    private static let pointsStandard = 90
    /// The most points of an answer.
    private static let pointsMax = 1500

    var routes: [APIRoute] {
        let parameters = ["queue", "period_seconds", "step_seconds"]
        return [
            APIRoute(.get, "/v1/stats/series", .scope(.read), parameters: parameters, handle: series),
            APIRoute(.get, "/v1/doctor", .scope(.read), handle: examine),
        ]
    }

    private func examine(_ call: Call) {
        services.answer(call) { _ in
        } _: { desk, _ throws(Problem) in
            let (findings, _) = try desk.ask { session throws(StoreError) in try session.examine() }
            return .object { writer in writer.member("findings", findings) { $0.members(of: $1) } }
        }
    }

    private func series(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            let queue = try call.queryName("queue") { QueueName($0) }
            let period = try call.wholeNumber("period_seconds", in: Self.periodRange) ?? Self.periodStandard
            let step = try call.wholeNumber("step_seconds", in: Self.stepRange)
            if let step {
                let parameter = "step_seconds"
                guard step % 60 == 0 else {
                    throw .parameter(parameter, code: "out_of_range", "step_seconds must be a multiple of 60.")
                }
                guard period / step <= Self.pointsMax else {
                    let rule = "must be longer: a series has at most \(Self.pointsMax) points."
                    throw .parameter(parameter, code: "out_of_range", "step_seconds \(rule)")
                }
            }
            let standard = Self.steps.first { period / $0 <= Self.pointsStandard } ?? Self.steps[Self.steps.count - 1]
            return (queue: queue, period: period, step: step ?? standard)
        } _: { desk, asked throws(Problem) in
            let points = try desk.ask { session throws(StoreError) in
                try session.series(of: asked.queue, seconds: asked.period, step: asked.step)
            }
            return .object { writer in
                if let queue = asked.queue { writer.member("queue", queue.text) }
                writer.member("period_seconds", asked.period)
                writer.member("step_seconds", asked.step)
                writer.member("points", points) { $0.members(of: $1) }
            }
        }
    }
}
