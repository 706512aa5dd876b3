import TuskCore
import TuskStore

/// Words of the command line as checked values.
enum Operands {
    /// The rule for names, as the end of a sentence.
    private static let nameRule = "must be 1 to 128 letters, digits, or one of _ . : -"

    static func queue(_ text: String) throws(CommandError) -> QueueName {
        guard let queue = QueueName(text) else { throw CommandError(.usage, "a queue's name \(nameRule)") }
        return queue
    }

    static func kind(_ text: String) throws(CommandError) -> Kind {
        guard let kind = Kind(text) else { throw CommandError(.usage, "a kind \(nameRule)") }
        return kind
    }

    static func tag(_ text: String) throws(CommandError) -> Tag {
        guard let tag = Tag(text) else { throw CommandError(.usage, "a tag \(nameRule)") }
        return tag
    }

    /// The name of a schedule.
    static func scheduleName(_ text: String) throws(CommandError) -> String {
        guard NameRule.allows(text) else { throw CommandError(.usage, "a schedule's name \(nameRule)") }
        return text
    }

    static func job(_ text: String) throws(CommandError) -> JobID {
        guard let id = JobID(text) else {
            throw CommandError(.usage, "a job's id must be a whole number above 0, not \"\(text.prefix(60))\"")
        }
        return id
    }

    /// The rate of `--rate` with `--burst`; nil: there is none. `burstOf` gives the burst where none was said, from how
    /// many come in a second.
    static func rate(
        _ text: String?,
        burst: Int?,
        burstOf: (_ perSecond: Double) -> Int
    ) throws(CommandError) -> RateLimit? {
        guard let text else {
            guard burst == nil else { throw CommandError(.usage, "--burst is for --rate, which is missing") }
            return nil
        }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        // 20/s is 20 in one second.
        let period = parts.count == 2 ? DurationText.parse(parts[1]) ?? DurationText.parse("1" + parts[1]) : nil
        guard let max = Int(parts[0]), max > 0, let period else {
            throw CommandError(.usage, "--rate must be a number and a time such as 100/1s, not \"\(text.prefix(60))\"")
        }
        guard RateLimit.periodRange.contains(period) else {
            throw CommandError(.usage, "the time of --rate must be from 1ms to 31d")
        }
        let standardBurst = burstOf(Double(max) / (period / .seconds(1)))
        guard let rate = RateLimit(max, per: period, burst: burst ?? standardBurst) else {
            throw CommandError(.usage, "the number of --rate \(RateLimit.maxRule)")
        }
        return rate
    }
}

/// Who typed the command, for the records of what operators do.
enum Operator {
    /// The user's name as the environment has it, which is a label and no proof.
    static func name(_ environment: [String: String]) -> String {
        let user = environment["SUDO_USER"] ?? environment["USER"] ?? environment["LOGNAME"] ?? ""
        return user.isEmpty ? "cli" : "cli:\(Printable.line(user).prefix(100))"
    }

    /// Why something is changed.
    static let reason = Option.argument("reason", .text("TEXT"), "why, for those who ask later")

    /// When a pause ends by itself.
    static let pauseTime = Option.argument(
        "for",
        .duration(PauseEnd.range),
        "resumes by itself after this time, such as 30m"
    )

    /// Who typed the command, where and why.
    static func author(_ context: CommandContext) throws(CommandError) -> Author {
        Author(
            id: "cli",
            name: name(context.environment),
            origin: ServiceParts.hostName(),
            reason: try context.text(reason)
        )
    }
}
