/// Which discarded jobs are meant; what is nil narrows nothing.
package struct FailureFilter: Sendable, Hashable {
    package var kind: Kind?
    package var queue: QueueName?
    /// Why they were discarded, in a word: `attempts`, `handler`, `crash`, `operator`, `start_by`.
    package var reason: String?
    package var fingerprint: ErrorFingerprint?

    /// All discarded jobs, unless narrowed.
    package init(
        kind: Kind? = nil,
        queue: QueueName? = nil,
        reason: String? = nil,
        fingerprint: ErrorFingerprint? = nil
    ) {
        self.kind = kind
        self.queue = queue
        self.reason = reason
        self.fingerprint = fingerprint
    }

    /// Whether it lets all discarded jobs through.
    package var isOpen: Bool { self == FailureFilter() }
}

extension FailureFilter {
    private enum Field: String, CaseIterable { case kind, queue, reason, fingerprint }

    /// Reads `{"kind":"send_email","fingerprint":"0123456789abcdef"}`; at least one field is there.
    package init(json: JSONValue, at pointer: String) throws(ValidationError) {
        var reader = FieldReader<Field>(json, at: pointer, what: "a filter")
        kind = reader.name(.kind) { Kind($0) }
        queue = reader.name(.queue) { QueueName($0) }
        reason = reader.name(.reason) { NameRule.allows($0) ? $0 : nil }
        if let text = reader.string(.fingerprint) {
            fingerprint = ErrorFingerprint(text)
            if fingerprint == nil { reader.refuse(.fingerprint, .invalidName, ErrorFingerprint.rule) }
        }
        try reader.finish()
        guard !isOpen else {
            throw ValidationError(pointer: pointer, .required, "a filter needs kind, queue, reason or fingerprint")
        }
    }

    /// Writes what `init(json:at:)` reads.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        let members = [
            ("kind", kind?.text), ("queue", queue?.text), ("reason", reason), ("fingerprint", fingerprint?.text),
        ]
        for case (let name, let text?) in members {
            writer.key(name)
            writer.string(text)
        }
        writer.endObject()
    }
}
