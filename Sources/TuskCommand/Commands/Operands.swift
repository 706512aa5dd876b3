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
