import Foundation
import TuskCore

/// The options that describe a job to be enqueued: by `tusk job add` now, by `tusk schedule add` at each tick.
enum JobOptions {
    static let args = Option.argument(
        "args",
        .text("JSON|@FILE|-"),
        fallback: "{}",
        "the input of the job: JSON, @FILE for the contents of a file, or - for standard input"
    )
    static let queue = Option.argument("queue", .text("NAME"), fallback: "default", "the queue it waits in")
    static let runAt = Option.argument("run-at", .text("TIME"), "not before this moment: RFC 3339 with an offset")
    static let delay = Option.argument(
        "in",
        .duration(NewJob.delayRange),
        "not before this much time has passed, such as 5m"
    )
    static let startBy = Option.argument(
        "start-by",
        .text("TIME"),
        "discarded when no attempt has started by then: RFC 3339 with an offset"
    )
    static let startWithin = Option.argument(
        "start-within",
        .duration(NewJob.deadlineRange),
        "discarded when no attempt has started this long after it was enqueued or due"
    )
    static let finishBy = Option.argument(
        "finish-by",
        .text("TIME"),
        "should be finished by then: the earliest of its queue and priority goes first; RFC 3339 with an offset"
    )
    static let finishWithin = Option.argument(
        "finish-within",
        .duration(NewJob.deadlineRange),
        "should be finished this long after it was enqueued or due; the earliest goes first"
    )
    static let priority = Option.argument(
        "priority",
        .integer(0...9),
        fallback: "5",
        "0 to 9; the smaller is claimed first"
    )
    static let maxAttempts = Option.argument(
        "max-attempts",
        .integer(1...1000),
        fallback: "20",
        "how many attempts may fail before it is discarded"
    )
    static let attemptTimeout = Option.argument(
        "attempt-timeout",
        .duration(NewJob.timeoutRange),
        "how long one attempt may take; without it what its kind says"
    )
    static let tag = Option.argument("tag", .texts("NAME"), "a word to find it by; may be given again")
    static let retry = Option.argument(
        "retry",
        .text("JSON"),
        "how long it waits after a failure, such as {\"policy\":\"fixed\",\"delay_seconds\":10}"
    )
    static let limit = Option.argument(
        "limit",
        .texts("KEY"),
        "a concurrency limit it counts for, such as tenant:7; may be given again"
    )
    static let fairKey = Option.argument(
        "fair-key",
        .text("KEY"),
        "whose share of its queue it takes, such as tenant:7: keys take turns, by their weight"
    )
    static let uniqueKey = Option.argument(
        "unique-key",
        .text("KEY"),
        "at most one job of its kind with this key until it is over; another one answers with the first"
    )
    static let unique = Option.argument(
        "unique",
        .text("JSON"),
        "the same with all choices, such as {\"args\":[\"/customer_id\"],\"on_conflict\":\"reject\"}"
    )
    static let order = Option.argument(
        "order",
        .text("KEY|JSON"),
        "jobs with the same key run one at a time, in order; {\"key\":\"k\",\"on_discard\":\"skip\"} goes on"
    )
    static let metadata = Option.argument("metadata", .text("JSON"), "notes that travel with it: a JSON object")

    /// What a job of any kind of enqueue takes.
    static let common = [
        args, queue, priority, maxAttempts, attemptTimeout, tag, limit, fairKey, order, uniqueKey, unique, retry,
        metadata, startWithin, finishWithin,
    ]

    /// What a single job takes besides; a schedule says itself when.
    static let times = [runAt, delay, startBy, finishBy]

    /// The most bytes read for args: more than any job may have, so that the limit itself is what refuses them.
    private static let argsBytesMax = 1 << 20

    /// The job that kind and options describe. All that is wrong with it is reported by the flags' names.
    static func job(kind: String, _ context: CommandContext) throws(CommandError) -> NewJob {
        let kind = try Operands.kind(kind)
        guard context.invocation.given[runAt.name] == nil || context.invocation.given[delay.name] == nil else {
            throw CommandError(.usage, "\(runAt.flag) and \(delay.flag) cannot be given together")
        }
        var writer = JSONWriter(capacity: 1024)
        writer.beginObject()
        writer.put("kind", kind.text)
        writer.put("args", try argsText(context))
        writer.put("queue", try context.text(queue))
        writer.put("priority", try context.integer(priority))
        writer.put("max_attempts", try context.integer(maxAttempts))
        writer.put("run_at", try context.text(runAt))
        try put("delay_seconds", try context.duration(delay), &writer)
        writer.put("start_by", try context.text(startBy))
        try put("start_within_seconds", try context.duration(startWithin), &writer)
        writer.put("finish_by", try context.text(finishBy))
        try put("finish_within_seconds", try context.duration(finishWithin), &writer)
        try put("timeout_seconds", try context.duration(attemptTimeout), &writer)
        let tags = try context.list(tag)
        if !tags.isEmpty { writer.put("tags", tags) }
        let limits = try context.list(limit)
        if !limits.isEmpty { writer.put("limits", limits) }
        writer.put("fair_key", try context.text(fairKey))
        if let text = try context.text(order) {
            if text.hasPrefix("{") {
                writer.put("order", try json(Array(text.utf8), of: order.flag))
            } else {
                writer.put("order", text)
            }
        }
        if let text = try uniqueness(context) { writer.put("unique", text) }
        if let text = try context.text(retry) { writer.put("retry", try json(Array(text.utf8), of: retry.flag)) }
        if let text = try context.text(metadata) {
            writer.put("metadata", try json(Array(text.utf8), of: metadata.flag))
        }
        writer.endObject()
        return try checked(writer.bytes) { json throws(ValidationError) in try NewJob(json: json) }
    }

    private static func uniqueness(_ context: CommandContext) throws(CommandError) -> JSONText? {
        guard let key = try context.text(uniqueKey) else {
            return try context.text(unique).map { text throws(CommandError) in
                try json(Array(text.utf8), of: unique.flag)
            }
        }
        guard context.invocation.given[unique.name] == nil else {
            throw CommandError(.usage, "\(uniqueKey.flag) and \(unique.flag) cannot be given together")
        }
        return try json(JSONWriter.object { $0.put("key", key) }, of: uniqueKey.flag)
    }

    /// What `make` reads in the JSON that the flags became. All that is wrong is reported by the flags' names.
    static func checked<Value>(
        _ bytes: [UInt8],
        _ make: (JSONValue) throws(ValidationError) -> Value
    ) throws(CommandError) -> Value {
        do {
            return try make(try JSONDocument(validating: bytes, limits: .body).root)
        } catch let error as ValidationError {
            let problems = error.problems.map { problem in
                let field = problem.pointer.split(separator: "/").dropFirst().first.map(String.init) ?? ""
                return "\(flag(of: field)): \(problem.detail)"
            }
            throw CommandError(.usage, problems.joined(separator: "; "))
        } catch {
            throw CommandError(.usage, "the job is not valid: \(error)")
        }
    }

    /// Which flag a field of a job was given by.
    private static func flag(of field: String) -> String {
        switch field {
        case "kind": "KIND"
        case "delay_seconds": delay.flag
        case "start_within_seconds": startWithin.flag
        case "finish_within_seconds": finishWithin.flag
        case "timeout_seconds": attemptTimeout.flag
        case "tags": tag.flag
        case "limits": limit.flag
        default: "--" + field.split(separator: "_").joined(separator: "-")
        }
    }

    private static func put(
        _ name: String,
        _ duration: Duration?,
        _ writer: inout JSONWriter
    ) throws(CommandError) {
        guard let duration else { return }
        writer.key(name)
        writer.double(duration / .seconds(1))
    }

    /// What `--args` names.
    static func argsText(_ context: CommandContext) throws(CommandError) -> JSONText {
        let text = try context.text(args) ?? "{}"
        if text == "-" { return try json(try standardInput(), of: "the JSON on standard input") }
        guard text.hasPrefix("@") else { return try json(Array(text.utf8), of: args.flag) }
        let path = String(text.dropFirst())
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw CommandError(.usage, "\(args.flag): \(path) cannot be read: \(SystemError.words(errno))")
        }
        return try json(try read(file, from: path), of: path)
    }

    private static func standardInput() throws(CommandError) -> [UInt8] {
        try read(.standardInput, from: "standard input")
    }

    private static func read(_ file: FileHandle, from name: String) throws(CommandError) -> [UInt8] {
        let bytes: Data?
        do {
            bytes = try file.read(upToCount: argsBytesMax + 1)
        } catch {
            throw CommandError(.usage, "\(args.flag): \(name) cannot be read: \(error.localizedDescription)")
        }
        guard let bytes else { return [] }
        guard bytes.count <= argsBytesMax else {
            throw CommandError(.usage, "\(args.flag): \(name) has more than \(argsBytesMax / 1024) KiB")
        }
        return Array(bytes)
    }

    private static func json(_ bytes: [UInt8], of name: String) throws(CommandError) -> JSONText {
        do throws(JSONError) {
            return try JSONText(validating: bytes, limits: .body)
        } catch {
            let hint =
                error.reason == .unexpectedByte && name == args.flag
                ? "Put the JSON into single quotes, so that the shell leaves it alone." : nil
            throw CommandError(.usage, "\(name): \(error.message)", hint: hint)
        }
    }
}
