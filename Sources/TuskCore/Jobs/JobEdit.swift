/// What is to be changed about a job that waits. Nil: it stays as it is.
package struct JobEdit: Sendable, Hashable {
    /// The queue it is to wait in.
    package var queue: QueueName?
    /// Its band there.
    package var priority: Priority?
    /// When it may run; a moment that has passed is at once.
    package var runAt: RunTime?
    /// How many attempts may fail before it is discarded: 1...1000, and more than were used.
    package var maxAttempts: Int?
    /// Words to find it by, instead of those it has: at most 16, all different.
    package var tags: [Tag]?
    /// Its input: any JSON value of at most 64 KiB.
    package var args: JSONText?
    /// Whether `args` is a merge patch of RFC 7396 for those it has, and not what takes their place.
    package var mergesArgs = false

    /// Changes nothing.
    package init() {}

    /// Whether it changes nothing.
    package var isEmpty: Bool { fields.isEmpty }

    /// The fields that it changes, by their names in requests.
    package var fields: [String] {
        let isGiven: [(Field, Bool)] = [
            (.queue, queue != nil), (.priority, priority != nil), (.runAt, runAt != nil),
            (.maxAttempts, maxAttempts != nil), (.tags, tags != nil), (.args, args != nil),
        ]
        return isGiven.filter(\.1).map(\.0.rawValue)
    }

    private enum Field: String, CaseIterable {
        case queue, priority
        case runAt = "run_at"
        case maxAttempts = "max_attempts"
        case tags, args
    }

    /// Reads a change from a request: what a job has when it is enqueued, by the same rules. Unknown fields are
    /// refused, and all problems are reported at once.
    ///
    /// - Parameters:
    ///   - json: A value of a checked document; `null` for `run_at` is at once, for `tags` none.
    ///   - mergesArgs: Whether it is a merge patch; `null` for `args` is `{}` then.
    /// - Throws: all that is wrong.
    package init(json: JSONValue, mergesArgs: Bool) throws(ValidationError) {
        var reader = FieldReader<Field>(json, at: JSONPointer.root, what: "a change of a job")
        queue = reader.name(.queue) { QueueName($0) }
        priority = reader.wholeNumber(.priority, in: 0...9).flatMap { Priority(rawValue: Int16($0)) }
        if reader.value(.runAt)?.isNull == true {
            runAt = .now
        } else {
            runAt = reader.moment(.runAt).map { .at($0) }
        }
        maxAttempts = reader.wholeNumber(.maxAttempts, in: NewJob.maxAttemptsRange).map { Int($0) }
        tags = reader.value(.tags)?.isNull == true ? [] : reader.tags(.tags)
        args = reader.text(.args, bytesMax: JSONLimits.args.bytesMax)
        self.mergesArgs = mergesArgs
        if mergesArgs, reader.value(.args)?.isNull == true {
            args = .emptyObject
            self.mergesArgs = false
        }
        try reader.finish()
    }
}
