import Foundation
import Testing

@testable import TuskTelemetry

struct LogLineTests {
    private static let event = LogEvent(
        microseconds: 1_767_323_045_678_901,
        level: .warning,
        message: "job failed",
        fields: [
            "job_id": "42", "queue": "mail", "attempt": 3, "error": "no \"route\"", "alone": true,
            "ratio": .number(0.5),
        ]
    )

    private func render(_ event: LogEvent, _ format: LogFormat) -> String {
        String(decoding: LogLine.render(event, as: format), as: UTF8.self)
    }

    @Test(arguments: [
        (
            LogFormat.text(colored: false),
            "2026-01-02T03:04:05.678901Z WARNING job failed job_id=42 queue=mail attempt=3 "
                + #"error="no \"route\"" alone=true ratio=0.5"# + "\n"
        ),
        (
            .logfmt,
            #"time=2026-01-02T03:04:05.678901Z level=warning message="job failed" job_id=42 queue=mail attempt=3 "#
                + #"error="no \"route\"" alone=true ratio=0.5"# + "\n"
        ),
        (
            .journal,
            #"<4>level=warning message="job failed" job_id=42 queue=mail attempt=3 "#
                + #"error="no \"route\"" alone=true ratio=0.5"# + "\n"
        ),
        (
            .json,
            #"{"time":"2026-01-02T03:04:05.678901Z","level":"warning","message":"job failed","job_id":"42","#
                + #""queue":"mail","attempt":3,"error":"no \"route\"","alone":true,"ratio":0.5}"# + "\n"
        ),
    ])
    func `an event in each format`(format: LogFormat, line: String) {
        #expect(render(Self.event, format) == line)
    }

    @Test(arguments: [
        (LogFormat.text(colored: false), "1970-01-01T00:00:00.000000Z INFO    a> to=b> tag=c\n"),
        (.logfmt, "time=1970-01-01T00:00:00.000000Z level=info message=a> to=b> tag=c\n"),
        (.journal, "<6>level=info message=a> to=b> tag=c\n"),
    ])
    func `fields stay apart whatever ends a value`(format: LogFormat, line: String) {
        let event = LogEvent(microseconds: 0, level: .info, message: "a>", fields: ["to": "b>", "tag": "c"])
        #expect(render(event, format) == line)
    }

    @Test func `colour is only around the level`() {
        let line = render(LogEvent(microseconds: 0, level: .error, message: "gone"), .text(colored: true))
        #expect(line == "1970-01-01T00:00:00.000000Z \u{1B}[31mERROR\u{1B}[0m   gone\n")
    }

    /// Texts that would end the line, clear the screen, turn the writing around or close a string.
    static let attacks = [
        "a\nlevel=error message=forged", "a\r\nb", "\u{1B}[2J\u{1B}]0;title\u{7}", "\u{0}", "\u{7F}", "\u{9B}31m",
        "\u{85}",
        "\u{2028}{\"level\":\"error\"}", "\u{2029}", "\u{202E}txt.exe", "\u{2066}x\u{2069}", "\",\"admin\":\"yes", "\\",
        "\\u0041", "🦣 naïve \u{10FFFF}", String(repeating: "\"", count: 50), "=", "", " ",
    ]

    @Test(arguments: attacks, [LogFormat.text(colored: false), .logfmt, .json, .journal])
    func `no text gets out of its line`(attack: String, format: LogFormat) throws {
        let event = LogEvent(microseconds: 0, level: .info, message: attack, fields: ["x": .text(attack), attack: 1])
        let bytes = LogLine.render(event, as: format)
        #expect(bytes.last == UInt8(ascii: "\n"))
        #expect(bytes.count { $0 < 0x20 || $0 == 0x7F } == 1)
        let treacherous = String(decoding: bytes, as: UTF8.self).unicodeScalars.filter {
            (0x80...0x9F).contains($0.value) || (0x2028...0x202E).contains($0.value)
                || (0x2066...0x2069).contains($0.value)
        }
        #expect(treacherous.isEmpty)
    }

    @Test(arguments: attacks)
    func `JSON gives back the text it was given`(attack: String) throws {
        let event = LogEvent(microseconds: 0, level: .info, message: attack, fields: ["x": .text(attack), attack: 1])
        let line = Data(LogLine.render(event, as: .json))
        let object = try #require(JSONSerialization.jsonObject(with: line) as? [String: Any])
        #expect(object["message"] as? String == attack)
        #expect(object["x"] as? String == attack)
        #expect(object["level"] as? String == "info")
    }

    @Test func `a field cannot take the place of the line's own`() {
        let event = LogEvent(microseconds: 0, level: .info, message: "m", fields: ["level": "error", "time": "never"])
        #expect(render(event, .journal) == "<6>level=info message=m level_=error time_=never\n")
    }

    @Test func `numbers that JSON does not have are texts there`() {
        let event = LogEvent(microseconds: 0, level: .info, message: "m", fields: ["x": .number(.infinity)])
        #expect(render(event, .json).hasSuffix(#""x":"inf"}"# + "\n"))
    }

    @Test func `long values are cut and long lines leave fields out`() {
        var fields: LogFields = ["error": .text(String(repeating: "é", count: 100_000))]
        let one = LogLine.render(LogEvent(microseconds: 0, level: .info, message: "m", fields: fields), as: .json)
        #expect(one.count < LogLine.valueBytesMax + 200)
        for number in 0..<1000 { fields["f\(number)"] = .text(String(repeating: "x", count: 1000)) }
        let line = render(LogEvent(microseconds: 0, level: .info, message: "m", fields: fields), .json)
        #expect(line.utf8.count < LogLine.lineBytesMax + LogLine.valueBytesMax + 200)
        #expect(line.hasSuffix("\"truncated\":true}\n"))
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000000Z"), (-1, "1969-12-31T23:59:59.999999Z"),
        (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"), (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
        (1_709_251_199_000_001, "2024-02-29T23:59:59.000001Z"),
        (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
    ])
    func `moments are written in UTC`(microseconds: Int64, text: String) {
        #expect(WallClock.text(microseconds) == text)
    }

    @Test func `dates agree with the calendar on every day of four centuries`() {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        for day in stride(from: -50_000, to: 100_000, by: 7) {
            let parts = calendar.dateComponents(
                [.year, .month, .day],
                from: Date(timeIntervalSince1970: Double(day) * 86_400)
            )
            let text = WallClock.text(Int64(day) * 86_400_000_000)
            let numbers = text.prefix(10).split(separator: "-").compactMap { Int($0) }
            #expect(numbers == [parts.year, parts.month, parts.day])
        }
    }
}

struct LogFormatTests {
    @Test(arguments: [
        (true, false, LogFormat.text(colored: true)), (true, true, .text(colored: true)), (false, true, .journal),
        (false, false, .json),
    ])
    func `the format follows where the lines go`(isTerminal: Bool, isJournal: Bool, format: LogFormat) {
        #expect(LogFormat.automatic(isTerminal: isTerminal, isJournal: isJournal) == format)
    }

    @Test func `a descriptor is the journal only when device and inode match`() throws {
        let pipe = Pipe()
        let descriptor = pipe.fileHandleForWriting.fileDescriptor
        var status = stat()
        #expect(fstat(descriptor, &status) == 0)
        #expect(LogFormat.isJournal(descriptor: descriptor, journalStream: "\(status.st_dev):\(status.st_ino)"))
        #expect(!LogFormat.isJournal(descriptor: descriptor, journalStream: "\(status.st_dev):\(status.st_ino + 1)"))
        #expect(!LogFormat.isJournal(descriptor: descriptor, journalStream: nil))
        #expect(!LogFormat.isJournal(descriptor: -1, journalStream: "0:0"))
    }
}
