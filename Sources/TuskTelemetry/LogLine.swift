/// Something that happened, before it becomes a line.
package struct LogEvent: Sendable, Equatable {
    /// Microseconds since 1970 by the host's clock; shown, never compared.
    package var microseconds: Int64
    package var level: LogLevel
    package var message: String
    package var fields: LogFields

    /// An event with these parts.
    package init(microseconds: Int64, level: LogLevel, message: String, fields: LogFields = [:]) {
        self.microseconds = microseconds
        self.level = level
        self.message = message
        self.fields = fields
    }
}

/// Renders an event as exactly one line.
///
/// Whatever texts contain, the line has one line feed, at its end, and no character that moves a terminal's cursor or
/// turns the direction of writing: those come out as `\n` or `\u001b`, in every format. Long values are cut.
package struct LogLine: Sendable {
    /// Bytes of one value, longer ones end in `...`. Far above any message of ours; a job's error may be longer.
    static let valueBytesMax = 4096
    /// Bytes after which further fields are left out. journald cuts lines at 48 KiB (journald.conf(5), LineMax).
    static let lineBytesMax = 32_768

    private(set) var bytes: [UInt8] = []
    /// Nothing stands on the line that a pair must be kept apart from.
    private var isAtStart = true

    /// The line's bytes with the line feed.
    package static func render(_ event: LogEvent, as format: LogFormat) -> [UInt8] {
        var line = LogLine()
        switch format {
        case .text(let colored): line.text(event, colored: colored)
        case .logfmt:
            line.pair("time", .text(WallClock.text(event.microseconds)))
            line.pair("level", .text(event.level.rawValue))
            line.pair("message", .text(event.message))
            line.fields(event.fields) { $0.pair($1, $2) }
        case .journal:
            line.bytes += "<\(event.level.severity)>".utf8
            line.pair("level", .text(event.level.rawValue))
            line.pair("message", .text(event.message))
            line.fields(event.fields) { $0.pair($1, $2) }
        case .json: line.json(event)
        }
        line.bytes.append(UInt8(ascii: "\n"))
        return line.bytes
    }

    private mutating func text(_ event: LogEvent, colored: Bool) {
        let color =
            switch event.level {
            case .debug: "\u{1B}[90m"
            case .info: "\u{1B}[32m"
            case .notice: "\u{1B}[36m"
            case .warning: "\u{1B}[33m"
            case .error: "\u{1B}[31m"
            }
        let level = event.level.rawValue.uppercased()
        let padding = String(repeating: " ", count: max(0, 7 - level.count))
        bytes += "\(WallClock.text(event.microseconds)) ".utf8
        bytes += (colored ? "\(color)\(level)\u{1B}[0m" : level).utf8
        bytes += "\(padding) ".utf8
        escape(event.message)
        isAtStart = false
        fields(event.fields) { $0.pair($1, $2) }
    }

    private mutating func json(_ event: LogEvent) {
        bytes += "{\"time\":\"\(WallClock.text(event.microseconds))\",\"level\":\"\(event.level.rawValue)\"".utf8
        bytes += ",\"message\":\"".utf8
        escape(event.message)
        bytes.append(UInt8(ascii: "\""))
        fields(event.fields) { $0.member($1, $2) }
        bytes.append(UInt8(ascii: "}"))
    }

    /// Writes each field by `write`, under a name that cannot break the line.
    private mutating func fields(_ fields: LogFields, write: (inout LogLine, String, LogValue) -> Void) {
        for (name, value) in fields.pairs {
            guard bytes.count < Self.lineBytesMax else {
                write(&self, "truncated", .flag(true))
                return
            }
            write(&self, Self.safe(name), value)
        }
    }

    private static func safe(_ name: String) -> String {
        switch name {
        case "": return "_"
        case "time", "level", "message", "truncated": return name + "_"
        default:
            let letters = name.utf8.prefix(64).map { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): byte
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."): byte
                default: UInt8(ascii: "_")
                }
            }
            return String(decoding: letters, as: UTF8.self)
        }
    }

    /// ` name=value`, the value in quotes unless it is a plain word.
    private mutating func pair(_ name: String, _ value: LogValue) {
        if !isAtStart { bytes.append(UInt8(ascii: " ")) }
        isAtStart = false
        bytes += "\(name)=".utf8
        switch value {
        case .text(let text) where !Self.isWord(text): quoted(text)
        case .text(let text): bytes += text.utf8
        case .integer(let number): bytes += String(number).utf8
        case .number(let number): bytes += "\(number)".utf8
        case .flag(let flag): bytes += "\(flag)".utf8
        }
    }

    /// `,"name":value`; numbers that JSON does not have are texts.
    private mutating func member(_ name: String, _ value: LogValue) {
        bytes += ",\"\(name)\":".utf8
        switch value {
        case .text(let text): quoted(text)
        case .integer(let number): bytes += String(number).utf8
        case .number(let number) where number.isFinite: bytes += "\(number)".utf8
        case .number(let number): quoted("\(number)")
        case .flag(let flag): bytes += "\(flag)".utf8
        }
    }

    private static func isWord(_ text: String) -> Bool {
        guard !text.isEmpty, text.utf8.count <= 256 else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "="), UInt8(ascii: "\\"): false
            case UInt8(ascii: "!")...UInt8(ascii: "~"): true
            default: false
            }
        }
    }

    private mutating func quoted(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        escape(text)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends `text` so that it stays inside a JSON string and on its line.
    private mutating func escape(_ text: String) {
        let end = bytes.count + Self.valueBytesMax
        for scalar in text.unicodeScalars {
            guard bytes.count < end else {
                bytes += "...".utf8
                return
            }
            switch scalar {
            case "\"": bytes += "\\\"".utf8
            case "\\": bytes += "\\\\".utf8
            case "\n": bytes += "\\n".utf8
            case "\r": bytes += "\\r".utf8
            case "\t": bytes += "\\t".utf8
            case _ where Self.isTreacherous(scalar): escape(codePoint: scalar)
            default: if let code = UTF8.encode(scalar) { bytes += code }
            }
        }
    }

    /// Control characters, the separators some readers take for line ends, and the marks that turn text around.
    private static func isTreacherous(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0...0x1F, 0x7F...0x9F: true
        case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }

    /// `\u` and four digits; all such characters lie below 0x10000.
    private mutating func escape(codePoint scalar: Unicode.Scalar) {
        let digits = String(scalar.value, radix: 16)
        bytes += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8
    }
}
