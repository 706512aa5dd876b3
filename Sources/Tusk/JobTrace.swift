import TuskStore
import TuskTelemetry

/// The span of one attempt, while a tracer takes spans: it belongs to the trace of the enqueue and is linked to it.
///
/// A class, so that a job without one carries no more than an empty pointer.
///
/// Source: OpenTelemetry semantic conventions for messaging, "Consumer spans".
final class JobTrace: Sendable {
    /// What the enqueue left with the job; nil: nothing.
    let creation: TraceContext?
    /// The span of this attempt, which the handler passes on.
    let context: TraceContext

    /// The most characters of an error that a span carries.
    private static let faultLengthMax = 256

    /// A span that begins; nil when the trace of the enqueue is not recorded.
    init?(_ job: ClaimedJob, _ tracer: Tracer) {
        creation = job.traceparent.flatMap { TraceContext(traceparent: $0) }
        guard let context = tracer.begin(below: creation) else { return nil }
        self.context = context
    }

    /// The spans of attempts that have been judged.
    static func spans(_ batch: [Settlement], _ statuses: [SettleStatus]) -> [TraceSpan] {
        let (now, wallNow) = (ContinuousClock.now, WallClock.now())
        return zip(batch, statuses).compactMap { settlement, status in
            guard let trace = settlement.trace, let startedAt = settlement.startedAt else { return nil }
            let start = wallNow - startedAt.duration(to: now).microseconds
            let outcome = WorkerMetrics.outcome(settlement.verdict, status) ?? "given_back"
            let job = settlement.job
            var span = TraceSpan(
                name: "process \(job.queue.text)",
                kind: .consumer,
                context: trace.context,
                parent: trace.creation,
                links: trace.creation.map { [$0] } ?? [],
                startedAt: start,
                endedAt: start + (settlement.duration ?? .zero).microseconds,
                attributes: [
                    ("messaging.system", .text("tusk")), ("messaging.operation.name", .text("process")),
                    ("messaging.operation.type", .text("process")),
                    ("messaging.destination.name", .text(job.queue.text)),
                    ("messaging.message.id", .text(job.id.description)),
                    ("messaging.client.id", .text(settlement.registration.id.description)),
                    ("messaging.tusk.job_kind", .text(job.kind.text)),
                    ("messaging.tusk.job_attempt", .integer(Int64(job.attempt))),
                    ("messaging.tusk.job_outcome", .text(outcome)),
                ]
            )
            if let fault = fault(settlement, status) {
                span.fault = String(fault.prefix(faultLengthMax))
                span.attributes.append(("error.type", .text(settlement.isTimeout ? "timeout" : outcome)))
            }
            return span
        }
    }

    private static func fault(_ settlement: Settlement, _ status: SettleStatus) -> String? {
        if case .leaseLost = status { return "the lease was lost" }
        return switch settlement.verdict {
        case .retry, .discard: settlement.error ?? settlement.reason ?? "failed"
        case .complete, .cancel, .snooze, .giveBack: nil
        }
    }
}
