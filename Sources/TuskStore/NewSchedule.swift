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
    private let rules: TimeZoneRules

    private enum Field: String, CaseIterable {
        case cron
        case timeZone = "time_zone"
        case job
    }

    /// Reads a schedule as requests have it: `{"cron": "0 6 * * *", "time_zone": "Europe/Rome", "job": {"kind": ...}}`.
    /// `job` is a job as in `POST /v1/jobs` but for `run_at` and `delay_seconds`, since the schedule says when.
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
    }

    /// The first planned time after a moment, which should be the database's now; nil when there is none in 100 years.
    package func firstTick(after moment: Timestamp) -> Timestamp? {
        cron.next(after: moment, in: rules)
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

    private static func readJob(_ reader: inout FieldReader<Field>) -> NewJob? {
        guard let value = reader.value(.job) else { return nil }
        let pointer = reader.pointer(to: .job)
        for field in ["run_at", "delay_seconds"] where value.kind == .object && value.member(field) != nil {
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
