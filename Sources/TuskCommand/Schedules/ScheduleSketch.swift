import TuskCore
import TuskStore

/// A schedule as a file has it: what is not as it is by default, field by field.
struct ScheduleSketch: Sendable, Hashable {
    /// A line of a section.
    struct Line: Sendable, Hashable {
        let field: String
        /// The value as it is written in a file.
        let text: String
    }

    let name: String
    /// Its lines in the order of `ScheduleField.all`.
    let lines: [Line]

    /// That of a schedule that was read from a file.
    init(_ schedule: NewSchedule) {
        self.init(
            name: schedule.name,
            body: Self.body(
                cron: schedule.cron.text,
                schedule.timeZone,
                schedule.jitter,
                schedule.overlap,
                schedule.catchUp
            ),
            job: schedule.job.json
        )
    }

    /// That of a stored schedule.
    init(_ schedule: ScheduleRecord) {
        self.init(
            name: schedule.name,
            body: Self.body(
                cron: schedule.cron,
                schedule.timeZone,
                schedule.jitter,
                schedule.overlap,
                schedule.catchUp
            ),
            job: schedule.job
        )
    }

    private init(name: String, body: [UInt8], job: JSONText) {
        self.name = name
        let schedule = Self.document(body)?.root
        let job = Self.document(job.bytes).map { Self.canonical($0) ?? $0 }?.root
        lines = ScheduleField.all.compactMap { field in
            guard let value = (field.isOfJob ? job : schedule)?.member(field.member) else { return nil }
            // The args that a job without any has.
            guard field.name != "args" || !value.rawBytes.elementsEqual("{}".utf8) else { return nil }
            return Line(field: field.name, text: field.text(value))
        }
    }

    /// One that SQL stored may have fields that only say the default.
    private static func canonical(_ document: JSONDocument) -> JSONDocument? {
        do throws(ValidationError) {
            return Self.document(try NewJob(json: document.root).json.bytes)
        } catch {
            return nil
        }
    }

    private static func document(_ bytes: [UInt8]) -> JSONDocument? {
        do throws(JSONError) {
            return try JSONDocument(validating: bytes, limits: .body)
        } catch {
            return nil
        }
    }

    private static func body(
        cron: String,
        _ timeZone: String,
        _ jitter: Duration,
        _ overlap: OverlapPolicy,
        _ catchUp: CatchUpPolicy
    ) -> [UInt8] {
        JSONWriter.object { writer in
            writer.put("cron", cron)
            if timeZone != "UTC" { writer.put("time_zone", timeZone) }
            if jitter != .zero { put("jitter_seconds", jitter, &writer) }
            if overlap != .allow { writer.put("overlap", overlap.rawValue) }
            if catchUp.word != "one" { writer.put("catch_up", catchUp.word) }
            if let max = catchUp.max, max != CatchUpPolicy.maxDefault { writer.put("catch_up_max", max) }
            if let window = catchUp.window { put("catch_up_window_seconds", window, &writer) }
        }
    }

    private static func put(_ name: String, _ duration: Duration, _ writer: inout JSONWriter) {
        writer.key(name)
        writer.raw(duration.secondsText.utf8)
    }

    /// Its section of a file.
    var section: [String] {
        let isBare =
            name.utf8.allSatisfy { $0 != UInt8(ascii: ":") } && !name.contains("..") && name.first != "."
            && name.last != "."
        let key = isBare ? name : ScheduleField.quoted(name)
        return ["[\(ScheduleFile.word).\(key)]"] + lines.map { "\($0.field) = \($0.text)" }
    }
}
