import TuskCore
import TuskStore

/// The options that say which discarded jobs are meant.
enum FailureOptions {
    private static let kind = Option.argument("kind", .text("NAME"), "only this kind")
    private static let queue = Option.argument("queue", .text("NAME"), "only this queue")
    private static let reason = Option.argument(
        "discard-reason",
        .text("WORD"),
        "only jobs that were discarded for this reason, such as attempts or handler"
    )
    private static let fingerprint = Option.argument(
        "fingerprint",
        .text("DIGITS"),
        "only this group, as tusk errors names it"
    )

    static let all = [kind, queue, reason, fingerprint]
    /// Those that say which jobs that have not ended are meant.
    static let ofUnfinished = [kind, queue]

    static func filter(_ context: CommandContext) throws(CommandError) -> FailureFilter {
        var filter = try filterOfUnfinished(context)
        if let text = try context.text(reason) {
            guard NameRule.allows(text) else { throw CommandError(.usage, "\(reason.flag) \(NameRule.text)") }
            filter.reason = text
        }
        if let text = try context.text(fingerprint) {
            guard let digits = ErrorFingerprint(text) else {
                throw CommandError(.usage, "\(fingerprint.flag) \(ErrorFingerprint.rule), not \"\(text.prefix(60))\"")
            }
            filter.fingerprint = digits
        }
        return filter
    }

    /// The filter that `ofUnfinished` make.
    static func filterOfUnfinished(_ context: CommandContext) throws(CommandError) -> FailureFilter {
        var filter = FailureFilter()
        if let text = try context.text(kind) { filter.kind = try Operands.kind(text) }
        if let text = try context.text(queue) { filter.queue = try Operands.queue(text) }
        return filter
    }
}
