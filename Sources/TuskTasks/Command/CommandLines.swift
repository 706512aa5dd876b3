import TuskCore

/// What a line of a command's standard output says.
enum CommandWord: Equatable, Sendable {
    case progress(Double, message: String?)
    case log(String)
    case result(JSONText)
    case checkpoint(JSONText)
    /// Together with exit status 75.
    case snooze(Duration)
}

/// Cuts a stream into lines. Pure.
struct LineCutter: Sendable {
    /// The longest line; more is kept in pieces of this size or refused, as the reader of them likes.
    static let lineBytesMax = 72 << 10

    private var rest: [UInt8] = []

    /// Takes bytes, answers the lines that are whole, without their ends. A piece as long as a line may be counts as
    /// one.
    mutating func take(_ bytes: some Collection<UInt8>) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        for part in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            if part.offset > 0 { lines += cut() }
            rest += part.element
            while rest.count > Self.lineBytesMax {
                lines.append(Array(rest.prefix(Self.lineBytesMax)))
                rest.removeFirst(Self.lineBytesMax)
            }
        }
        return lines
    }

    /// The last line, which has no end.
    mutating func finish() -> [[UInt8]] { rest.isEmpty ? [] : cut() }

    private mutating func cut() -> [[UInt8]] {
        defer { rest = [] }
        return [rest.last == UInt8(ascii: "\r") ? Array(rest.dropLast()) : rest]
    }
}

/// Reads lines of a command's standard output. Pure.
enum CommandLines {
    /// What is wrong with a line.
    struct Fault: Error, Equatable {
        let what: String
    }

    private static let limits = JSONLimits(bytesMax: LineCutter.lineBytesMax)
    /// The longest time until a job runs again: that of retries.
    private static let snoozeSecondsMax = RetryPolicy.delayMax / .seconds(1)

    /// What a line says, in its order. A line that does not begin like an object is a line of the log; one that does
    /// has to be understood, since the rest of the job may depend on it.
    static func words(_ line: [UInt8]) throws(Fault) -> [CommandWord] {
        guard line.first == UInt8(ascii: "{") else { return line.isEmpty ? [] : [.log(text(line))] }
        let root: JSONValue
        do throws(JSONError) {
            root = try JSONDocument(validating: line, limits: limits).root
        } catch {
            throw Fault(what: "is no JSON: \(error.message)")
        }
        var words: [CommandWord] = []
        for (key, value) in root.members {
            switch String(decoding: key, as: UTF8.self) {
            case "progress":
                guard let fraction = value.double, (0...1).contains(fraction) else {
                    throw Fault(what: "has a progress that is not from 0 to 1")
                }
                words.append(.progress(fraction, message: root.member("message")?.string))
            case "message":
                guard root.member("progress") != nil, value.string != nil else {
                    throw Fault(what: "has a message that is no text beside a progress")
                }
            case "log":
                guard let text = value.string else { throw Fault(what: "has a log that is no text") }
                words.append(.log(text))
            case "result": words.append(.result(JSONText(value)))
            case "checkpoint": words.append(.checkpoint(JSONText(value)))
            case "snooze":
                guard let seconds = value.double, (0...snoozeSecondsMax).contains(seconds) else {
                    throw Fault(what: "has a snooze that is not from 0 to \(Int(snoozeSecondsMax)) seconds")
                }
                words.append(.snooze(.seconds(seconds)))
            case let name:
                throw Fault(what: "has a field \(name.prefix(40)); there are progress, log, result, checkpoint, snooze")
            }
        }
        return words
    }

    /// A line as text; what is no UTF-8 is replaced.
    static func text(_ line: [UInt8]) -> String { String(decoding: line, as: UTF8.self) }
}
