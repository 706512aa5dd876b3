import TuskCore
import TuskStore
import TuskTelemetry

/// The span of an enqueue, while a tracer takes spans: what the attempts of its jobs are linked to.
///
/// A class, so that a request without one carries no more than an empty pointer.
///
/// Source: OpenTelemetry semantic conventions for messaging, "Producer spans".
final class SendSpan: Sendable {
    private let tracer: Tracer
    private let parent: TraceContext?
    private let context: TraceContext
    private let startedAt: Int64

    /// A span that begins, below what the client sent; nil when nobody takes spans or the client's trace is not
    /// recorded.
    init?(_ tracer: Tracer?, below traceparent: String?) {
        guard let tracer else { return nil }
        parent = traceparent.flatMap { TraceContext(traceparent: $0) }
        guard let context = tracer.begin(below: parent) else { return nil }
        self.tracer = tracer
        self.context = context
        startedAt = WallClock.now()
    }

    /// What is stored with the jobs.
    var traceparent: String { context.traceparent }

    /// The job is committed.
    func end(_ job: NewJob, _ id: JobID) {
        end(
            in: job.queue.text,
            [("messaging.message.id", .text(id.description)), ("messaging.tusk.job_kind", .text(job.kind.text))]
        )
    }

    /// Several jobs are committed; `count` nil: as many as there were lines.
    func end(queues: Set<QueueName>, count: Int?) {
        let queue = queues.count == 1 ? queues.first?.text : nil
        end(in: queue, count.map { [("messaging.batch.message_count", .integer(Int64($0)))] } ?? [])
    }

    private func end(in queue: String?, _ further: [(name: String, value: TraceSpan.Value)]) {
        var attributes: [(name: String, value: TraceSpan.Value)] = [
            ("messaging.system", .text("tusk")), ("messaging.operation.name", .text("send")),
            ("messaging.operation.type", .text("send")),
        ]
        if let queue { attributes.append(("messaging.destination.name", .text(queue))) }
        tracer.end(
            TraceSpan(
                name: queue.map { "send \($0)" } ?? "send",
                kind: .producer,
                context: context,
                parent: parent,
                startedAt: startedAt,
                endedAt: WallClock.now(),
                attributes: attributes + further
            )
        )
    }
}
