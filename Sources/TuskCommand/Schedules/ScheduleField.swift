import TuskCore
import TuskStore

/// A line of a file of schedules, such as `jitter = "10s"`, and the member of a request it stands for.
struct ScheduleField: Sendable {
    /// How a value is written in the file.
    enum Form: Sendable {
        /// A string.
        case text
        /// A time in quotes, such as `"90s"`; in requests a number of seconds.
        case time
        /// A whole number.
        case number
        /// An array of strings.
        case texts
        /// JSON in quotes.
        case json
        /// A string; one that begins with `{` is JSON.
        case textOrJSON
        /// An array of such strings.
        case textsOrJSON
    }

    /// Its name in the file.
    let name: String
    /// How it is written.
    let form: Form
    /// Its name in requests.
    let member: String
    /// Whether it is one of the job rather than of the schedule.
    let isOfJob: Bool

    private init(_ name: String, _ form: Form, isOfJob: Bool = false) {
        self.name = name
        self.form = form
        self.isOfJob = isOfJob
        if case .time = form { member = "\(name)_seconds" } else { member = name }
    }

    /// All there are, in the order in which they are shown.
    static let all: [ScheduleField] = [
        ScheduleField("cron", .text),
        ScheduleField("time_zone", .text),
        ScheduleField("jitter", .time),
        ScheduleField("overlap", .text),
        ScheduleField("catch_up", .text),
        ScheduleField("catch_up_max", .number),
        ScheduleField("catch_up_window", .time),
        ScheduleField("kind", .text, isOfJob: true),
        ScheduleField("args", .json, isOfJob: true),
        ScheduleField("queue", .text, isOfJob: true),
        ScheduleField("priority", .number, isOfJob: true),
        ScheduleField("max_attempts", .number, isOfJob: true),
        ScheduleField("retry", .json, isOfJob: true),
        ScheduleField("timeout", .time, isOfJob: true),
        ScheduleField("start_within", .time, isOfJob: true),
        ScheduleField("tags", .texts, isOfJob: true),
        ScheduleField("limits", .textsOrJSON, isOfJob: true),
        ScheduleField("fair_key", .text, isOfJob: true),
        ScheduleField("order", .textOrJSON, isOfJob: true),
        ScheduleField("unique", .json, isOfJob: true),
        ScheduleField("metadata", .json, isOfJob: true),
        ScheduleField("traceparent", .text, isOfJob: true),
    ]

    /// What a value must be: the end of a sentence that begins with the name.
    var wanted: String {
        switch form {
        case .text, .textOrJSON: "must be a string in quotes"
        case .time: "must be a time in quotes, such as \"90s\" or \"1h30m\""
        case .number: "must be a whole number, without quotes"
        case .texts, .textsOrJSON: "must be an array of strings, such as [\"a\", \"b\"]"
        case .json: "must be JSON in single quotes, such as '{\"a\":1}'"
        }
    }

    // MARK: From the file

    /// The JSON of a value of the file; nil when it is not what is wanted.
    func json(_ value: ConfigurationText.Value) -> JSONText? {
        switch (form, value) {
        case (.text, .string(let text)): Self.string(text)
        case (.time, .string(let text)): DurationText.parse(text).map { JSONText(trusted: Array($0.secondsText.utf8)) }
        case (.number, .integer(let number)): JSONText(trusted: Array(String(number).utf8))
        case (.json, .string(let text)): Self.checked(text)
        case (.textOrJSON, .string(let text)): Self.stringOrObject(text)
        case (.texts, .strings(let texts)): Self.array(texts, Self.string)
        case (.textsOrJSON, .strings(let texts)): Self.array(texts, Self.stringOrObject)
        default: nil
        }
    }

    private static func string(_ text: String) -> JSONText? {
        var writer = JSONWriter()
        writer.string(text)
        return writer.text
    }

    private static func stringOrObject(_ text: String) -> JSONText? {
        text.hasPrefix("{") ? checked(text) : string(text)
    }

    private static func array(_ texts: [String], _ element: (String) -> JSONText?) -> JSONText? {
        let elements = texts.compactMap(element)
        guard elements.count == texts.count else { return nil }
        var writer = JSONWriter()
        writer.beginArray()
        for element in elements { writer.raw(element) }
        writer.endArray()
        return writer.text
    }

    private static func checked(_ text: String) -> JSONText? {
        do throws(JSONError) {
            return try JSONText(validating: text.utf8, limits: .body)
        } catch {
            return nil
        }
    }

    // MARK: To the file

    /// A value of a request as the file has it.
    func text(_ value: JSONValue) -> String {
        switch form {
        case .text, .json, .textOrJSON: Self.quoted(Self.plain(value))
        case .time: Self.quoted(DurationText.print(.milliseconds(Int64(((value.double ?? 0) * 1000).rounded()))))
        case .number: Self.plain(value)
        case .texts, .textsOrJSON: "[\(value.elements.map { Self.quoted(Self.plain($0)) }.joined(separator: ", "))]"
        }
    }

    private static func plain(_ value: JSONValue) -> String {
        value.string ?? String(decoding: value.rawBytes, as: UTF8.self)
    }

    /// A string in the quotes in which it needs no escapes, if there are such.
    static func quoted(_ text: String) -> String {
        let needsEscape = text.utf8.contains { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }
        let allowsSingle = !text.utf8.contains { $0 == UInt8(ascii: "'") || $0 < 0x20 || $0 == 0x7F }
        if needsEscape, allowsSingle { return "'\(text)'" }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
