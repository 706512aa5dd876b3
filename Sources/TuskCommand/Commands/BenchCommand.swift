import TuskBench
import TuskCore
import TuskPostgres
import TuskStore

/// `tusk bench`: how fast Tusk is on a machine, against what PostgreSQL can do there.
enum BenchCommand {
    private static let jobs = Option.argument("jobs", .text("N"), "jobs of workloads that count them")
    private static let rounds = Option.argument("rounds", .text("N"), "how often everything is repeated")
    private static let batch = Option.argument("batch", .text("N"), "jobs in one statement of the references")

    static let all = [
        Command(
            path: ["bench"],
            summary: "measures how fast Tusk is here",
            details: "",
            options: [jobs, rounds, batch],
            examples: ["tusk bench"],
            body: run
        )
    ]

    private static func run(_ context: CommandContext) throws(CommandError) -> ExitCode {
        var plan = BenchPlan()
        if let text = try context.text(jobs), let number = Int(text) { plan.jobs = number }
        if let text = try context.text(rounds), let number = Int(text) { plan.rounds = number }
        if let text = try context.text(batch), let number = Int(text) { plan.batch = number }
        let settings = try Database.settings(context.configuration, as: "tusk-bench")
        let console = context.console
        let bench = Bench(on: settings, plan) { console.note($0) }
        do throws(StoreError) {
            for name in Bench.Name.allCases {
                let result = try bench.run(name)
                for (label, list) in [("tusk", result.tusk), ("limit", result.limit), ("classic", result.classic)] {
                    for figures in list {
                        try show(console, label, figures)
                    }
                }
                console.note("ratio_limit \(result.limitRatio ?? 0) ratio_classic \(result.classicRatio ?? 0)")
            }
        } catch {
            throw CommandError(error)
        }
        return .success
    }

    private static func show(_ console: Console, _ label: String, _ figures: Figures) throws(StoreError) {
        let jobs = Double(figures.jobs)
        console.note(
            "\(label) \(Int(figures.rate))/s own \(figures.ownCPU / jobs * 1e6) us server "
                + "\((figures.serverCPU ?? 0) / jobs * 1e6) us WAL \(figures.walBytes / Int64(figures.jobs)) B"
        )
    }
}
