/// Something that was done, as traces show it.
package struct TraceSpan: Sendable {
    /// What it is to those beside it. Raw values are those of `Span.SpanKind` in OTLP.
    package enum Kind: Int, Sendable {
        /// Hands a message to a broker.
        case producer = 4
        /// Does something about a message that a broker had.
        case consumer = 5
    }

    /// The value of an attribute.
    package enum Value: Sendable, Hashable {
        case text(String)
        case integer(Int64)
    }

    /// Such as `process mail`.
    package var name: String
    package var kind: Kind
    /// Which span it is.
    package var context: TraceContext
    /// The span it belongs to; nil: it is the first of its trace.
    package var parent: TraceContext?
    /// Spans that led to it.
    package var links: [TraceContext]
    /// Microseconds since 1970, by the host's clock.
    package var startedAt: Int64
    /// The same, not before it.
    package var endedAt: Int64
    package var attributes: [(name: String, value: Value)]
    /// What went wrong; nil: nothing.
    package var fault: String?

    /// A span of these parts.
    package init(
        name: String,
        kind: Kind,
        context: TraceContext,
        parent: TraceContext?,
        links: [TraceContext] = [],
        startedAt: Int64,
        endedAt: Int64,
        attributes: [(name: String, value: Value)],
        fault: String? = nil
    ) {
        self.name = name
        self.kind = kind
        self.context = context
        self.parent = parent
        self.links = links
        self.startedAt = startedAt
        self.endedAt = max(startedAt, endedAt)
        self.attributes = attributes
        self.fault = fault
    }
}
