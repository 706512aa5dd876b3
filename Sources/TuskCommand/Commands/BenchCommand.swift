import TuskBench
import TuskCore
import TuskPostgres
import TuskStore

/// `tusk bench`: how fast Tusk is on a machine, against what PostgreSQL can do there.
enum BenchCommand {
    private static let jobs = Option.argument(
        "jobs",
        .integer(1000...100_000_000),
        fallback: "300000",
        "jobs of enqueue, drain, limits, bulk and burst, rows of import; ten times as many wait in backlog"
    )
    private static let seconds = Option.argument(
        "seconds",
        .integer(1...86_400),
        fallback: "10",
        "how long the others last"
    )
    private static let batch = Option.argument(
        "batch",
        .integer(1...5000),
        fallback: "1000",
        "jobs of one statement, in the references and in bulk enqueues"
    )
    private static let connections = Option.argument(
        "connections",
        .integer(1...4000),
        fallback: "64",
        "connections of an HTTP load"
    )
    private static let files = Option.argument(
        "files",
        .integer(1...8),
        fallback: "1",
        "files of import, loaded at once by a job for each, and by a \\copy for each"
    )
    private static let limits = Option.argument(
        "limits",
        .integer(0...4),
        fallback: "1",
        "limits that each job of limits counts for, so high that none waits"
    )
    private static let processes = Option.argument(
        "processes",
        .integer(1...64),
        fallback: "1",
        "workers of drain, limits and sustained; more than one are processes of their own"
    )
    private static let rate = Option.argument(
        "rate",
        .integer(0...100_000),
        fallback: "0",
        "jobs that sustained and snapshot enqueue each second; 0: as many as are worked off"
    )
    private static let rounds = Option.argument(
        "rounds",
        .integer(1...1000),
        fallback: "3",
        "how often everything is repeated; the median counts"
    )

    private static let names = Bench.Name.allCases.map(\.rawValue).joined(separator: ", ")

    static let all = [
        Command(
            path: ["bench"],
            summary: "measures how fast Tusk is on this machine",
            details: "Workloads: \(names), or all, which is also what no word means. Each is measured beside two"
                + " references in the same run: limit, Tusk's own statements in the same batch sizes without Tusk"
                + " around them, and classic, the design with one table, claimed by UPDATE and finished by DELETE."
                + " For backlog, burst and snapshot limit is the same in good conditions: nothing else waiting, jobs"
                + " that are available already, no old snapshot held open; for limits it is called unlimited: the same"
                + " jobs without limits."
                + " Every run has a database of its own, made on the server that is named, which needs the right to"
                + " create databases, or on a private server, and dropped afterwards.",
            operands: [Command.Operand(name: "WORKLOAD", isOptional: true, isRepeatable: true)],
            options: [jobs, seconds, batch, connections, files, limits, processes, rate, rounds],
            examples: ["tusk bench", "tusk bench drain --jobs 1000000 -o json", "tusk bench http --connections 256"],
            body: run
        )
    ]

    private static func run(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let names = try workloads(context.invocation.operands)
        let plan = try plan(context)
        guard !context.configuration.namesDatabase else { return try measure(names, plan, context) }
        let user = try ServerUser.choose(context.environment)
        let place = try PrivatePlace.passing(user)
        defer { place.removeTemporary() }
        let signals = StopSignals()
        let note = { (line: String) in context.console.note(line) }
        let server = try PrivateServer(in: place, user, context.environment, signals, note: note)
        defer { server.stop(now: true) }
        let named = CommandContext(
            invocation: context.invocation,
            configuration: context.configuration.naming(database: server.connection),
            console: context.console,
            environment: context.environment
        )
        return try measure(names, plan, named)
    }

    private static func workloads(_ words: [String]) throws(CommandError) -> [Bench.Name] {
        guard !words.isEmpty, words != ["all"] else { return Bench.Name.allCases }
        var found: [Bench.Name] = []
        for word in words {
            guard let name = Bench.Name(rawValue: word) else {
                throw CommandError(.usage, "there is no workload \"\(word.prefix(60))\"", hint: "There are: \(names).")
            }
            found.append(name)
        }
        return found
    }

    private static func plan(_ context: CommandContext) throws(CommandError) -> BenchPlan {
        var plan = BenchPlan()
        plan.workerEnvironment = context.environment
        if let number = try context.integer(jobs) { plan.jobs = number }
        if let number = try context.integer(seconds) { plan.seconds = number }
        if let number = try context.integer(batch) { plan.batch = number }
        if let number = try context.integer(connections) { plan.connections = number }
        if let number = try context.integer(files) { plan.files = number }
        if let number = try context.integer(limits) { plan.limits = number }
        if let number = try context.integer(processes) { plan.processes = number }
        if let number = try context.integer(rate) { plan.rate = number }
        if let number = try context.integer(rounds) { plan.rounds = number }
        return plan
    }

    private static func measure(
        _ names: [Bench.Name],
        _ plan: BenchPlan,
        _ context: CommandContext
    ) throws(CommandError) -> ExitCode {
        let console = context.console
        let settings = try Database.settings(context.configuration, as: "tusk-bench")
        let showsProgress = console.isLive && console.format == .table
        var results: [Bench.Result] = []
        for name in names {
            let before = results.count * plan.rounds
            let bench = Bench(on: settings, plan) { progress in
                guard showsProgress else { return }
                let rounds = names.count * plan.rounds
                console.live(progress.line(before: before, of: rounds, isColored: console.isLiveColored))
            }
            do {
                defer { if showsProgress { console.live("") } }
                results.append(try measure(name, bench))
            }
            guard console.format == .table, let result = results.last else { continue }
            for line in BenchReport.lines(result) { try console.result(line) }
        }
        guard console.format != .table else { return .success }
        try console.show(results, as: "workloads", object: object, table: { Table([]) }, empty: "")
        return .success
    }

    private static func object(_ result: Bench.Result) -> [UInt8] {
        var writer = JSONWriter(capacity: 4096)
        BenchReport.json(result, &writer)
        return writer.bytes
    }

    private static func measure(_ name: Bench.Name, _ bench: Bench) throws(CommandError) -> Bench.Result {
        do {
            return try bench.run(name)
        } catch let error as StoreError {
            throw CommandError(error)
        } catch {
            throw CommandError(.failure, "\(name.rawValue): \(error)")
        }
    }
}
