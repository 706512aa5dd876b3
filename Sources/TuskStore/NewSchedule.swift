package import TuskCore

/// A schedule to be stored. Whoever has one knows that it can fire.
package struct NewSchedule: Sendable, Hashable {
    /// What it is called; the rule is that of queues and kinds.
    package let name: String
    /// When it fires.
    package let cron: CronExpression
    /// The IANA name of the zone in which `cron` is read. Defaults to `UTC`.
    package let timeZone: String
    /// The job that each tick enqueues; it runs at once.
    package let job: NewJob
    /// A tick fires up to so much after its planned time: 0 to 24 hours, whole milliseconds. Defaults to 0.
    package let jitter: Duration
    /// Defaults to `allow`.
    package let overlap: OverlapPolicy
    /// Defaults to the last tick, however late.
    package let catchUp: CatchUpPolicy
    private let rules: TimeZoneRules

    private enum Field: String, CaseIterable {
        case cron
        case timeZone = "time_zone"
        case job
        case jitterSeconds = "jitter_seconds"
        case overlap
        case catchUp = "catch_up"
        case catchUpMax = "catch_up_max"
        case catchUpWindowSeconds = "catch_up_window_seconds"
    }

    /// Reads a schedule as requests have it: `{"cron": "0 6 * * *", "time_zone": "Europe/Rome", "job": {"kind": ...}}`.
    /// `job` is a job as in `POST /v1/jobs` but for `run_at`, `delay_seconds`, `start_by` and `finish_by`: the schedule
    /// says when. Besides, `jitter_seconds`, `overlap`, `catch_up`, `catch_up_max` and `catch_up_window_seconds`.
    ///
    /// - Parameters:
    ///   - name: What it is to be called; a problem with it points to `#/name`.
    ///   - json: A value of a checked document.
    ///   - zones: Where time zones are looked up; may read a file.
    /// - Throws: all that is wrong.
    package init(name: String, json: JSONValue, zones: TimeZoneLoader = .system) throws(ValidationError) {
        var reader = FieldReader<Field>(json, at: JSONPointer.root, what: "a schedule")
        if !NameRule.allows(name) {
            let pointer = JSONPointer.member("name".utf8, of: JSONPointer.root)
            reader.note(ValidationError(pointer: pointer, .invalidName, "the name \(NameRule.text)"))
        }
        if json.kind == .object {
            reader.require(.cron)
            reader.require(.job)
        }
        let cron = Self.readCron(&reader)
        let (timeZone, rules) = Self.readTimeZone(&reader, zones)
        let job = Self.readJob(&reader)
        let jitter = reader.seconds(.jitterSeconds, in: .zero...Jitter.max) ?? .zero
        let overlap = Self.readOverlap(&reader)
        let catchUp = Self.readCatchUp(&reader)
        if let cron, let rules, cron.next(after: Timestamp(microseconds: 0), in: rules) == nil {
            reader.refuse(.cron, .unknownValue, "never fires in this time zone")
        }
        try reader.finish()
        guard let cron, let rules, let job else { preconditionFailure("finish throws when something is missing") }
        self.name = name
        self.cron = cron
        self.timeZone = timeZone
        self.rules = rules
        self.job = job
        self.jitter = .milliseconds(jitter.wholeMilliseconds)
        self.overlap = overlap
        self.catchUp = catchUp
    }

    /// The first tick after a moment, which should be the time that ticks are compared with; nil when there is none in
    /// 100 years.
    package func firstTick(after moment: Timestamp) -> PlannedTick? {
        PlannedTick.first(of: name, cron, in: rules, jitter: jitter, after: moment)
    }

    private static func readOverlap(_ reader: inout FieldReader<Field>) -> OverlapPolicy {
        guard let word = reader.string(.overlap) else { return .allow }
        if let policy = OverlapPolicy(rawValue: word) { return policy }
        let words = OverlapPolicy.allCases.map(\.rawValue).joined(separator: ", ")
        reader.refuse(.overlap, .unknownValue, "must be one of \(words)")
        return .allow
    }

    private static func readCatchUp(_ reader: inout FieldReader<Field>) -> CatchUpPolicy {
        let range = CatchUpPolicy.maxRange
        let max = reader.wholeNumber(.catchUpMax, in: Int64(range.lowerBound)...Int64(range.upperBound))
        let window = reader.seconds(.catchUpWindowSeconds, in: CatchUpPolicy.windowRange)
        let word = reader.value(.catchUp) == nil ? "one" : reader.string(.catchUp)
        guard let word else { return .skip }
        let wholeWindow = window.map { Duration.milliseconds($0.wholeMilliseconds) }
        guard let policy = CatchUpPolicy(word: word, max: max.map { Int($0) }, window: wholeWindow) else {
            reader.refuse(.catchUp, .unknownValue, "must be one of skip, one, all")
            return .skip
        }
        if max != nil, policy.max == nil {
            reader.refuse(.catchUpMax, .conflictingFields, "can only be given with catch_up all")
        }
        if window != nil, policy == .skip {
            reader.refuse(.catchUpWindowSeconds, .conflictingFields, "cannot be given with catch_up skip")
        }
        return policy
    }

    private static func readCron(_ reader: inout FieldReader<Field>) -> CronExpression? {
        guard let text = reader.string(.cron) else { return nil }
        do throws(CronError) {
            return try CronExpression(text)
        } catch {
            reader.refuse(.cron, .unknownValue, "is no cron expression: \(error.message)")
            return nil
        }
    }

    private static func readTimeZone(
        _ reader: inout FieldReader<Field>,
        _ zones: TimeZoneLoader
    ) -> (String, TimeZoneRules?) {
        guard reader.value(.timeZone) != nil else { return ("UTC", .utc) }
        guard let name = reader.string(.timeZone) else { return ("UTC", nil) }
        do throws(TimeZoneFailure) {
            return (name, try zones.rules(for: name))
        } catch {
            reader.refuse(.timeZone, .unknownValue, error.rule)
            return (name, nil)
        }
    }

    /// The fields of a job that say when; of these a schedule's job may have none.
    private static let timeFields = ["run_at", "delay_seconds", "start_by", "finish_by"]

    private static func readJob(_ reader: inout FieldReader<Field>) -> NewJob? {
        guard let value = reader.value(.job) else { return nil }
        let pointer = reader.pointer(to: .job)
        for field in timeFields where value.kind == .object && value.member(field) != nil {
            let place = JSONPointer.member(field.utf8, of: pointer)
            let rule = "\(field) cannot be given for the job of a schedule, which runs when the schedule says"
            reader.note(ValidationError(pointer: place, .conflictingFields, rule))
        }
        do throws(ValidationError) {
            return try NewJob(json: value, at: pointer)
        } catch {
            reader.note(error)
            return nil
        }
    }
}
