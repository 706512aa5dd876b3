import Dispatch
import Synchronization

/// Takes the spans of a process and sends them on, in batches, from a thread of its own.
///
/// Who ends a span copies it into a bounded queue and goes on. A span that finds it full is dropped and counted, and so
/// are the spans of a batch that could not be sent: a collector that is away costs traces, never jobs.
package final class Tracer: Sendable {
    /// Sends the JSON of a batch; false when it was not taken. Called by one thread, and may block.
    package typealias Sender = @Sendable ([UInt8]) -> Bool

    /// What a process says of itself with each batch.
    package struct Resource: Sendable {
        /// `service.name`.
        package var service: String
        /// `service.version`.
        package var version: String
        /// `host.name`; empty: nothing.
        package var host: String

        /// A resource of these parts.
        package init(service: String, version: String, host: String = "") {
            self.service = service
            self.version = version
            self.host = host
        }

        fileprivate var attributes: [(name: String, value: TraceSpan.Value)] {
            var attributes: [(name: String, value: TraceSpan.Value)] = [
                ("service.name", .text(service)), ("service.version", .text(version)),
            ]
            if !host.isEmpty { attributes.append(("host.name", .text(host))) }
            return attributes
        }
    }

    private struct State {
        var spans: [TraceSpan] = []
        var isStopped = false
    }

    /// The most spans of a batch.
    private static let batchSpansMax = 512

    /// How many spans may wait; further ones are dropped.
    private let queueSpansMax: Int
    /// How long the first of them may wait for others.
    private let delay: Duration
    private let resource: Resource
    private let sender: Sender
    private let exported: Counter
    private let dropped: Counter
    private let state = Mutex(State())
    private let work = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    /// A tracer whose thread runs until `stop`. `queueSpansMax` defaults to 4,096, about 4 MiB; `delay` to 1 second.
    package init(
        _ resource: Resource,
        registry: MetricsRegistry,
        queueSpansMax: Int = 4096,
        delay: Duration = .seconds(1),
        sender: @escaping Sender
    ) {
        self.resource = resource
        self.queueSpansMax = queueSpansMax
        self.delay = delay
        self.sender = sender
        exported = registry.counter("tusk_trace_spans_exported_total", help: "Spans that the collector has taken.")
        dropped = registry.counter(
            "tusk_trace_spans_dropped_total",
            help: "Spans dropped because too many waited or the collector did not take them."
        )
        // A serial queue whose only block lasts as long as the tracer is a thread of our own.
        DispatchQueue(label: "tusk.traces").async { self.run() }
    }

    /// The context of a new span below `parent`; nil when its trace is not recorded. Without a parent it begins a
    /// trace.
    package func begin(below parent: TraceContext?) -> TraceContext? {
        guard let parent else { return .random(isSampled: true) }
        return parent.isSampled ? parent.child() : nil
    }

    /// Takes a span that has ended; returns at once.
    package func end(_ span: TraceSpan) { end([span]) }

    /// Takes spans that have ended; returns at once.
    package func end(_ spans: [TraceSpan]) {
        guard !spans.isEmpty else { return }
        let (isFirst, lost) = state.withLock { state in
            let room = state.isStopped ? 0 : max(0, queueSpansMax - state.spans.count)
            let before = state.spans.count
            let isFirst = before == 0 && room > 0
            state.spans += spans.prefix(room)
            // A full batch need not wait.
            let isFull = (before..<state.spans.count).contains(Self.batchSpansMax - 1)
            return (isFirst || isFull, spans.count - min(room, spans.count))
        }
        if lost > 0 { dropped.add(lost) }
        if isFirst { work.signal() }
    }

    /// Sends what waits and ends the thread; returns when it has, or `limit` has passed. Any number of times.
    package func stop(within limit: Duration) {
        let wasStopped = state.withLock { state in
            defer { state.isStopped = true }
            return state.isStopped
        }
        guard !wasStopped else { return }
        work.signal()
        _ = ended.wait(timeout: .now() + limit / .seconds(1))
    }

    private func run() {
        while true {
            work.wait()
            let (count, isStopped) = state.withLock { ($0.spans.count, $0.isStopped) }
            if !isStopped, count < Self.batchSpansMax { _ = work.wait(timeout: .now() + delay / .seconds(1)) }
            while sendBatch() {}
            if state.withLock({ $0.isStopped && $0.spans.isEmpty }) { break }
        }
        ended.signal()
    }

    /// Sends the first spans that wait; false when there are none.
    private func sendBatch() -> Bool {
        let batch = state.withLock { state in
            let batch = Array(state.spans.prefix(Self.batchSpansMax))
            state.spans.removeFirst(batch.count)
            return batch
        }
        guard !batch.isEmpty else { return false }
        let text = OTLPText(batch, resource: resource.attributes, scope: "tusk", version: resource.version)
        if sender(text.bytes) { exported.add(batch.count) } else { dropped.add(batch.count) }
        return true
    }
}
