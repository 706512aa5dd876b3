// Jobs as JSON: what requests contain, and the canonical form for fingerprints and schedules.
extension NewJob {
    private enum Field: String, CaseIterable {
        case kind, args, queue, priority
        case runAt = "run_at"
        case delaySeconds = "delay_seconds"
        case maxAttempts = "max_attempts"
        case retry
        case timeoutSeconds = "timeout_seconds"
        case tags, metadata, traceparent, limits, unique, order
        case startBy = "start_by"
        case startWithinSeconds = "start_within_seconds"
        case finishBy = "finish_by"
        case finishWithinSeconds = "finish_within_seconds"
        case fairKey = "fair_key"
    }

    /// Reads a job; only `kind` is required. Unknown fields are refused, and all problems are reported at once.
    ///
    /// - Parameters:
    ///   - json: A value of a checked document.
    ///   - pointer: Where in the request the job is; problems point below it.
    /// - Throws: all that is wrong.
    package init(json: JSONValue, at pointer: String = JSONPointer.root) throws(ValidationError) {
        var reader = FieldReader<Field>(json, at: pointer, what: "a job")
        if json.kind == .object { reader.require(.kind) }
        let kind = reader.name(.kind, Kind.init)
        queue = reader.name(.queue) { QueueName($0) } ?? .standard
        priority = Self.readPriority(&reader) ?? .standard
        args = reader.text(.args, bytesMax: JSONLimits.args.bytesMax) ?? .emptyObject
        runAt = Self.readRunTime(&reader)
        maxAttempts = reader.wholeNumber(.maxAttempts, in: Self.maxAttemptsRange).map { Int($0) } ?? 20
        retry = Self.read(.retry, &reader, RetryPolicy.init)
        timeout = reader.seconds(.timeoutSeconds, in: Self.timeoutRange)
        tags = reader.tags(.tags) ?? []
        metadata = Self.readMetadata(&reader)
        traceparent = Self.readTraceparent(&reader)
        limits = Self.read(.limits, &reader, JobLimit.list) ?? []
        unique = Self.read(.unique, &reader, Uniqueness.init)
        order = Self.read(.order, &reader, JobOrder.init)
        startBy = Self.readDeadline(.startBy, .startWithinSeconds, after: runAt, &reader)
        finishBy = Self.readDeadline(.finishBy, .finishWithinSeconds, after: runAt, &reader)
        fairKey = Self.read(.fairKey, &reader, FairKey.init)
        if fairKey != nil, let finishBy {
            let field: Field = if case .at = finishBy { .finishBy } else { .finishWithinSeconds }
            reader.refuse(field, .conflictingFields, "cannot be given together with fair_key")
        }
        try reader.finish()
        guard let kind else { preconditionFailure("finish throws when there is no kind") }
        self.kind = kind
    }

    private static func readPriority(_ reader: inout FieldReader<Field>) -> Priority? {
        reader.wholeNumber(.priority, in: 0...9).flatMap { Priority(rawValue: Int16($0)) }
    }

    private static func readRunTime(_ reader: inout FieldReader<Field>) -> RunTime {
        if reader.value(.runAt) != nil, reader.value(.delaySeconds) != nil {
            reader.refuse(.delaySeconds, .conflictingFields, "cannot be given together with run_at")
        }
        if let delay = reader.seconds(.delaySeconds, in: delayRange) { return .after(delay) }
        return reader.moment(.runAt).map { .at($0) } ?? .now
    }

    private static func readDeadline(
        _ field: Field,
        _ secondsField: Field,
        after runAt: RunTime,
        _ reader: inout FieldReader<Field>
    ) -> JobDeadline? {
        if reader.value(field) != nil, reader.value(secondsField) != nil {
            reader.refuse(secondsField, .conflictingFields, "cannot be given together with \(field.rawValue)")
        }
        if let time = reader.seconds(secondsField, in: deadlineRange) { return .within(time) }
        guard let moment = reader.moment(field) else { return nil }
        if case .at(let runAt) = runAt, moment <= runAt {
            reader.refuse(field, .outOfRange, "must be after run_at")
        }
        return .at(moment)
    }

    private static func readMetadata(_ reader: inout FieldReader<Field>) -> JSONText? {
        if let value = reader.value(.metadata), value.kind != .object {
            reader.refuse(.metadata, .wrongType, "must be a JSON object")
            return nil
        }
        return reader.text(.metadata, bytesMax: JSONLimits.metadata.bytesMax)
    }

    private static func readTraceparent(_ reader: inout FieldReader<Field>) -> String? {
        guard let text = reader.string(.traceparent) else { return nil }
        guard Traceparent.isValid(text) else {
            reader.refuse(.traceparent, .invalidTraceparent, "must be a W3C traceparent of 55 characters")
            return nil
        }
        return text
    }
}

extension NewJob {
    /// A part that is read on its own.
    private static func read<Part>(
        _ field: Field,
        _ reader: inout FieldReader<Field>,
        _ make: (JSONValue, String) throws(ValidationError) -> Part
    ) -> Part? {
        guard let value = reader.value(field) else { return nil }
        do {
            return try make(value, reader.pointer(to: field))
        } catch {
            reader.note(error)
            return nil
        }
    }
}

// MARK: The canonical form

extension NewJob {
    /// The canonical JSON of this job: the fields that differ from their defaults, in a fixed order, compact but for
    /// `args` and `metadata`, which stay as they came. Jobs that mean the same have the same text, and reading it
    /// gives this job again.
    package var json: JSONText {
        var writer = JSONWriter(capacity: args.bytes.count + 128)
        writer.beginObject()
        Self.write(.kind, kind.text, to: &writer)
        writer.key(Field.args.rawValue)
        writer.raw(args)
        if queue != .standard { Self.write(.queue, queue.text, to: &writer) }
        if priority != .standard { Self.write(.priority, Int64(priority.rawValue), to: &writer) }
        switch runAt {
        case .now: break
        case .at(let moment): Self.write(.runAt, moment.rfc3339Text, to: &writer)
        case .after(let delay): Self.write(.delaySeconds, delay, to: &writer)
        }
        if maxAttempts != Self.maxAttemptsDefault { Self.write(.maxAttempts, Int64(maxAttempts), to: &writer) }
        if let retry {
            writer.key(Field.retry.rawValue)
            writer.raw(retry.json)
        }
        if let timeout { Self.write(.timeoutSeconds, timeout, to: &writer) }
        if !tags.isEmpty {
            writer.key(Field.tags.rawValue)
            writer.beginArray()
            for tag in tags { writer.string(tag.text) }
            writer.endArray()
        }
        if let metadata {
            writer.key(Field.metadata.rawValue)
            writer.raw(metadata)
        }
        if let traceparent { Self.write(.traceparent, traceparent, to: &writer) }
        if !limits.isEmpty {
            writer.key(Field.limits.rawValue)
            writer.beginArray()
            for limit in limits { limit.write(to: &writer) }
            writer.endArray()
        }
        if let unique {
            writer.key(Field.unique.rawValue)
            unique.write(to: &writer)
        }
        if let order {
            writer.key(Field.order.rawValue)
            order.write(to: &writer)
        }
        Self.write(.startBy, .startWithinSeconds, startBy, to: &writer)
        Self.write(.finishBy, .finishWithinSeconds, finishBy, to: &writer)
        if let fairKey { Self.write(.fairKey, fairKey.text, to: &writer) }
        writer.endObject()
        return writer.text
    }

    /// Whether the database has to do more for this job than to store it, so that it does not go with the rest.
    package var isApart: Bool { unique != nil || order != nil || startBy != nil || finishBy != nil }

    /// The canonical JSON of many jobs: an array.
    package static func array(_ jobs: [NewJob]) -> JSONText {
        var writer = JSONWriter(capacity: jobs.reduce(2) { $0 + $1.args.bytes.count + 128 })
        writer.beginArray()
        for job in jobs { writer.raw(job.json) }
        writer.endArray()
        return writer.text
    }

    private static func write(
        _ field: Field,
        _ secondsField: Field,
        _ deadline: JobDeadline?,
        to writer: inout JSONWriter
    ) {
        switch deadline {
        case nil: break
        case .at(let moment): write(field, moment.rfc3339Text, to: &writer)
        case .within(let time): write(secondsField, time, to: &writer)
        }
    }

    private static func write(_ field: Field, _ text: String, to writer: inout JSONWriter) {
        writer.key(field.rawValue)
        writer.string(text)
    }

    private static func write(_ field: Field, _ number: Int64, to writer: inout JSONWriter) {
        writer.key(field.rawValue)
        writer.int(number)
    }

    private static func write(_ field: Field, _ seconds: Duration, to writer: inout JSONWriter) {
        writer.key(field.rawValue)
        writer.raw(seconds.secondsText.utf8)
    }

    /// Room for args one level below the job, for metadata, and for the rest with a long retry list.
    private static let jsonLimits = JSONLimits(bytesMax: 131_072, depthMax: JSONLimits.args.depthMax + 1)

    /// Reads what `json` wrote of a job that was not checked.
    init(written json: JSONText) throws(ValidationError) {
        let document: JSONDocument
        do throws(JSONError) {
            document = try JSONDocument(validating: json.bytes, limits: Self.jsonLimits)
        } catch {
            // The texts inside may have been scanned with looser limits.
            let problem = ValidationError.Problem(pointer: error.pointer, code: error.code, detail: error.message)
            throw ValidationError(problems: [problem])
        }
        try self.init(json: document.root)
    }
}
