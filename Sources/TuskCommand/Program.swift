import Foundation
import TuskBench
import TuskTasks

/// The command line tool, from its arguments to its exit status.
enum Program {
    /// The version of the program.
    static let version = "0.1.0"

    /// Does what the process was asked to do.
    static func run() -> ExitCode {
        Console.openStandardDescriptors()
        if CommandLine.arguments.dropFirst().elementsEqual([CommandSupervisor.word]) {
            exit(CommandSupervisor.run())
        }
        if CommandLine.arguments.dropFirst().elementsEqual([BenchWorkerProcess.word]) {
            exit(BenchWorkerProcess.run())
        }
        do throws(CommandError) {
            return try run(try ProcessArguments.read(), environment: ProcessInfo.processInfo.environment)
        } catch {
            for line in error.lines { Console.complain(line) }
            return error.code
        }
    }

    private static func run(
        _ arguments: [String],
        environment: [String: String]
    ) throws(CommandError) -> ExitCode {
        guard !arguments.isEmpty else {
            for line in try HelpText.lines(about: [], commands: CommandTable.all) { Console.complain(line) }
            return .usage
        }
        let arguments = arguments.first == "--version" ? ["version"] + arguments.dropFirst() : arguments
        switch try ArgumentParser.parse(arguments, commands: CommandTable.all) {
        case .help(let path):
            let console = Console(format: .table, color: "never", isQuiet: false, isVerbose: false, environment: [:])
            for line in try HelpText.lines(about: path, commands: CommandTable.all) { try console.result(line) }
            return .success
        case .run(let invocation):
            return try run(invocation, environment)
        }
    }

    private static func run(
        _ invocation: Invocation,
        _ environment: [String: String]
    ) throws(CommandError) -> ExitCode {
        let scrubbed = scrubSecrets(invocation)
        let sources = Configuration.Sources(flags: invocation.given, environment: environment)
        let used = Option.everywhere + invocation.command.options
        let configuration = try Configuration(used, sources)
        let console = Console(
            format: Console.Format(rawValue: configuration.text(.output) ?? "") ?? .table,
            color: configuration.text(.color) ?? "auto",
            isQuiet: invocation.given[Option.quiet.name] != nil,
            isVerbose: invocation.given[Option.verbose.name] != nil,
            environment: environment
        )
        for warning in scrubbed + configuration.warnings { console.warn(warning) }
        let context = CommandContext(
            invocation: invocation,
            configuration: configuration,
            console: console,
            environment: environment
        )
        return try invocation.command.body(context)
    }

    /// Takes secrets out of what `ps` shows. Answers with warnings: until this moment everybody could see them.
    private static func scrubSecrets(_ invocation: Invocation) -> [String] {
        Option.settings.filter(\.isSecret).flatMap { option in
            (invocation.given[option.name] ?? []).filter(Redaction.hasSecret).map { text in
                let isGone = ProcessArguments.scrub(text)
                return "\(option.flag) with a password was visible to every user of this machine"
                    + (isGone ? " until now" : " and still is") + "; use \(option.environmentName ?? "") or"
                    + " \(option.environmentFileName ?? "")"
            }
        }
    }
}
