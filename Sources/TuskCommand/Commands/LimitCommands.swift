import TuskAPI
import TuskCore
import TuskStore

/// `tusk limit`.
enum LimitCommands {
    private static let key = Command.Operand(name: "KEY")
    private static let rate = Option.argument(
        "rate",
        .text("N/TIME"),
        "how many may start in a time, such as 100/1s or 5000/h"
    )
    private static let burst = Option.argument(
        "burst",
        .integer(Int(RateLimit.burstRange.lowerBound)...Int(RateLimit.burstRange.upperBound)),
        "how many may start at once after a time without any; 1 without it"
    )

    private static let breaker = Option.argument(
        "breaker",
        .text("N[/TIME]"),
        "opens after N jobs in a row found their resource unavailable, for TIME (30s without it); 5/1m"
    )

    private static let share = Option.argument(
        "share",
        .integer(Int(KeyLimit.shareRange.lowerBound)...Int(KeyLimit.shareRange.upperBound)),
        "how many turns jobs with this fair key get for each of another; 1 without it"
    )

    static let all = [
        Command(
            path: ["limit", "list"],
            summary: "shows how many jobs with a key may run at once and start in a time, run and wait",
            details: "Waiting jobs are counted up to \(KeyLimitRecord.waitingCountMax).",
            body: list
        ),
        Command(
            path: ["limit", "set"],
            summary: "sets how many jobs with a key may run at once and start in a time, its breaker and its share",
            details: "A key is queue:NAME, kind:NAME, a key that jobs name in their limits, such as tenant:7, or a"
                + " class of those, such as tenant:*, which counts for each key of it that has no limit of its own. A"
                + " limit is set as a whole, over all workers: without NUMBER any number may run at once, without"
                + " --rate any number may start, without --breaker none stops them. The next claim keeps to it; what"
                + " runs goes on. While a breaker is open no job starts and none loses an attempt; then one tries, then"
                + " two, and twice as many each time they complete.",
            operands: [key, Command.Operand(name: "NUMBER", isOptional: true)],
            options: [rate, burst, breaker, share, Operator.reason],
            examples: [
                "tusk limit set queue:mail 5", "tusk limit set 'tenant:*' 3 --rate 100/1m --burst 10",
                "tusk limit set kind:send_sms --rate 20/s", "tusk limit set smtp:relay --breaker 5/1m",
                "tusk limit set tenant:7 --share 3",
            ],
            body: set
        ),
        Command(
            path: ["limit", "remove"],
            summary: "lets any number of jobs with a key run and start again",
            operands: [key],
            options: [Operator.reason],
            body: remove
        ),
        Command(
            path: ["limit", "pause"],
            summary: "lets no more jobs of a kind or with a key start, over all workers",
            details: "A key is kind:NAME, a key that jobs name in their limits, or a class such as tenant:*. What runs"
                + " goes on. A queue is paused with tusk queue pause.",
            operands: [key],
            options: [Operator.reason, Operator.pauseTime],
            examples: ["tusk limit pause kind:send_sms --reason 'the gateway is down' --for 30m"],
            body: pause
        ),
        Command(
            path: ["limit", "resume"],
            summary: "lets jobs with a paused key start again",
            operands: [key],
            options: [Operator.reason],
            body: resume
        ),
        Command(
            path: ["limit", "close"],
            summary: "closes the breaker of a key, or those of a class, so that its jobs start again",
            operands: [key],
            options: [Operator.reason],
            body: close
        ),
    ]

    private static func list(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let limits = try context.database().with { session throws(StoreError) in try session.limits() }
        try context.console.show(
            limits,
            as: "limits",
            object: { limit in JSONWriter.object { $0.members(of: limit) } },
            table: { table(limits) },
            empty: "No limit is set. Set one: tusk limit set queue:NAME 5"
        )
        return .success
    }

    private static func set(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let key = try self.key(context)
        let number = try runningMax(context)
        let rate = try Operands.rate(try context.text(rate), burst: try context.integer(burst)) { _ in 1 }
        let breaker = try self.breaker(context)
        let weight = try context.integer(share)
        guard weight == nil || !JobLimit.isReserved(key) else {
            throw CommandError(.usage, "\(share.flag) is for keys that jobs name, and classes of those")
        }
        guard let limit = KeyLimit(key, runningMax: number, rate: rate, breaker: breaker, shareWeight: weight) else {
            throw CommandError(
                .usage,
                "say NUMBER, how many may run at once, or --rate, how many may start in a time, --breaker or --share"
            )
        }
        let who = try Operator.author(context)
        let database = try context.database()
        let released = try database.change { session throws(StoreError) in try session.putLimit(limit, by: who) }
        for queue in released { database.wake(context.console) { _ in queue } }
        let object = JSONWriter.object { writer in
            writer.put("key", limit.key)
            if let number { writer.put("running_max", number) }
            if let rate { writer.member("rate", rate) }
            if let breaker { writer.member("breaker", breaker) }
            if let weight { writer.put("share_weight", weight) }
        }
        try context.console.show(object) {
            var lines: [String] = []
            if let number { lines.append("At most \(number) jobs of \(key) run at once.") }
            if let rate {
                let burst = rate.burst == 1 ? "" : ", up to \(rate.burst) of them at once"
                lines.append("At most \(rate.max) jobs of \(key) start in \(DurationText.print(rate.period))\(burst).")
            }
            if let breaker {
                let (failures, hold) = (breaker.failures, DurationText.print(breaker.hold))
                let what = "jobs of \(key) in a row without their resource"
                lines.append("After \(failures) \(what) none starts for \(hold).")
            }
            if let weight { lines.append("Jobs with the fair key \(key) get \(weight) turns for each of another.") }
            return lines
        }
        return .success
    }

    private static func runningMax(_ context: CommandContext) throws(CommandError) -> Int? {
        guard let text = context.operand(1) else { return nil }
        guard let number = Int(text), KeyLimit.range.contains(Int64(number)) else {
            let range = "\(KeyLimit.range.lowerBound) to \(KeyLimit.range.upperBound)"
            throw CommandError(.usage, "NUMBER must be a whole number from \(range), not \"\(text.prefix(60))\"")
        }
        return number
    }

    private static func breaker(_ context: CommandContext) throws(CommandError) -> CircuitBreaker? {
        guard let text = try context.text(breaker) else { return nil }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let hold = parts.count == 2 ? DurationText.parse(parts[1]) : CircuitBreaker.standardHold
        guard let failures = Int(parts[0]), let hold,
            let breaker = CircuitBreaker(failures: failures, hold: hold)
        else {
            throw CommandError(
                .usage,
                "--breaker must be a number from 1 to 1000 and a time from 1s to 1d such as 5/1m,"
                    + " not \"\(text.prefix(60))\""
            )
        }
        return breaker
    }

    private static func close(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let key = try self.key(context)
        let database = try context.database()
        let who = try Operator.author(context)
        let released = try database.change { session throws(StoreError) in try session.closeBreakers(key, by: who) }
        for queue in released ?? [] { database.wake(context.console) { _ in queue } }
        try context.console.show(JSONWriter.object { $0.put("key", key) }) {
            [released == nil ? "No breaker of \(key) was open." : "Jobs of \(key) start again."]
        }
        return .success
    }

    private static func remove(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let key = try self.key(context)
        let database = try context.database()
        let who = try Operator.author(context)
        let released = try database.change { session throws(StoreError) in try session.removeLimit(key, by: who) }
        guard let released else {
            throw CommandError(.notFound, "there is no limit for \(key)", hint: "tusk limit list shows all.")
        }
        for queue in released { database.wake(context.console) { _ in queue } }
        try context.console.show(JSONWriter.object { $0.put("key", key) }) { ["\(key) has no limit any more."] }
        return .success
    }

    private static func pause(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let key = try pausableKey(context)
        let reason = try context.text(Operator.reason)
        let end = try context.duration(Operator.pauseTime).map { PauseEnd.after($0) }
        let who = try Operator.author(context)
        let pause = try context.database().change { session throws(StoreError) in
            try session.pause(key, by: who, reason: reason, until: end)
        }
        guard let pause else { throw CommandError(.failure, "the database did not pause \(key.text)") }
        let object = JSONWriter.object { writer in
            writer.put("key", key.text)
            writer.member("pause", ifPresent: pause)
        }
        try context.console.show(object) {
            let end = Words.exact(pause.until).map { " until \($0)" } ?? ""
            return ["\(key.text) is paused\(end) by \(Printable.line(pause.by))"]
        }
        return .success
    }

    private static func resume(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let key = try pausableKey(context)
        let database = try context.database()
        let who = try Operator.author(context)
        let released = try database.change { session throws(StoreError) in try session.resume(key, by: who) }
        for queue in released ?? [] { database.wake(context.console) { _ in queue } }
        try context.console.show(JSONWriter.object { $0.put("key", key.text) }) {
            [released == nil ? "\(key.text) was not paused." : "\(key.text) goes on."]
        }
        return .success
    }

    private static func pausableKey(_ context: CommandContext) throws(CommandError) -> PausableKey {
        guard let key = PausableKey(context.operand(0) ?? "") else {
            throw CommandError(.usage, "KEY \(PausableKey.rule)")
        }
        return key
    }

    private static func key(_ context: CommandContext) throws(CommandError) -> String {
        let key = context.operand(0) ?? ""
        guard KeyLimit.allows(key) else {
            throw CommandError(.usage, "KEY \(KeyLimit.keyRule), not \"\(key.prefix(60))\"")
        }
        return key
    }

    private static func table(_ limits: [KeyLimitRecord]) -> Table {
        var table = Table([
            Table.Column(title: "KEY"), Table.Column(title: "RUNNING", alignment: .right),
            Table.Column(title: "MAX", alignment: .right), Table.Column(title: "RATE"),
            Table.Column(title: "WAITING", alignment: .right),
            Table.Column(title: "BREAKER"), Table.Column(title: "SHARE", alignment: .right),
            Table.Column(title: "PAUSED"), Table.Column(title: "SET BY"),
        ])
        for limit in limits {
            table.add(
                Table.Cell(limit.key),
                Table.Cell(limit.isClass ? nil : String(limit.running)),
                Table.Cell(limit.runningMax.map(String.init)),
                Table.Cell(limit.rate.map { "\($0.max)/\(DurationText.print($0.period))" }),
                Table.Cell(limit.isClass ? nil : String(limit.waiting), limit.waiting > 0 ? .busy : .plain),
                Table.Cell(breaker(limit), limit.openBreakers > 0 ? .busy : .plain),
                Table.Cell(limit.shareWeight.map(String.init)),
                Table.Cell(limit.pause.map { "by \($0.by)" + ($0.reason.map { ": \($0)" } ?? "") }, .busy),
                Table.Cell(limit.updatedBy)
            )
        }
        return table
    }

    private static func breaker(_ limit: KeyLimitRecord) -> String? {
        guard let breaker = limit.breaker else { return nil }
        if limit.isClass, limit.openBreakers > 0 { return "\(limit.openBreakers) open" }
        if let opening = limit.fault?.opening { return opening.wave == 0 ? "open" : "wave of \(opening.wave)" }
        return "\(limit.fault?.failures ?? 0) of \(breaker.failures)"
    }
}
