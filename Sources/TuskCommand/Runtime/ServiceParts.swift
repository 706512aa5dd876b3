import Glibc
import TuskCore
import TuskPostgres
import TuskStore
import TuskTelemetry

/// What the roles of one process share.
struct ServiceParts: Sendable {
    let configuration: Configuration
    let console: Console
    let environment: [String: String]
    let logger: Logger
    let logOutput: LogOutput
    let registry: MetricsRegistry
    let signals: StopSignals
    /// For the checks at the start, for readiness, and for telling workers of new jobs.
    let database: Database
    let notifier: Notifier
    /// Name of the machine; a label.
    let host: String

    /// The parts for the configuration of `context`.
    init(_ context: CommandContext, _ signals: StopSignals) throws(CommandError) {
        configuration = context.configuration
        console = context.console
        environment = context.environment
        self.signals = signals
        let logOutput = LogOutput(descriptor: STDERR_FILENO)
        self.logOutput = logOutput
        logger = Logger(
            logOutput,
            format: Self.logFormat(context),
            threshold: Self.logLevel(context)
        )
        registry = MetricsRegistry()
        registry.addProcessMetrics()
        registry.sampled(
            "tusk_log_lines_dropped_total",
            type: .counter,
            help: "Log lines dropped because their reader was too slow or gone.",
            read: { [MetricSample(Double(logOutput.droppedLines))] }
        )
        Self.addBuildInfo(registry)
        database = try Database(configuration, as: "tusk")
        notifier = Notifier(store: database.store)
        host = Self.hostName()
    }

    /// A store of a role's own, so that its sessions can be told apart.
    func store(_ name: String, callTimeoutMax: Duration? = nil, sessionsMax: Int = 8) throws(CommandError) -> Store {
        let settings = try Database.settings(configuration, as: name, callTimeoutMax: callTimeoutMax)
        return Store(settings, sessionsMax: sessionsMax)
    }

    /// Ends what all roles used. The last thing that happens.
    func close() {
        notifier.stop()
        database.store.close()
        logOutput.stop()
    }

    private static func logFormat(_ context: CommandContext) -> LogFormat {
        let isColored = Console.isColored(
            context.configuration.text(.color) ?? "auto",
            isTerminal: isatty(STDERR_FILENO) == 1,
            context.environment
        )
        switch context.configuration.text(.logFormat) {
        case "text": return .text(colored: isColored)
        case "logfmt": return .logfmt
        case "json": return .json
        case "journal": return .journal
        default: break
        }
        // What is tried out is watched by a person, wherever the lines go.
        let isWatched = isatty(STDERR_FILENO) == 1 || context.invocation.command.path == ["dev"]
        if isWatched { return .text(colored: isColored) }
        let stream = context.environment["JOURNAL_STREAM"]
        let isJournal = LogFormat.isJournal(descriptor: STDERR_FILENO, journalStream: stream)
        return .automatic(isTerminal: false, isJournal: isJournal)
    }

    private static func logLevel(_ context: CommandContext) -> LogLevel {
        if context.console.isQuiet { return .warning }
        if context.console.isVerbose { return .debug }
        return context.configuration.text(.logLevel).flatMap(LogLevel.init(rawValue:)) ?? .info
    }

    private static func addBuildInfo(_ registry: MetricsRegistry) {
        let info = registry.gauge(
            "tusk_build_info",
            help: "Which program this is; always 1.",
            labels: ["version", "schema"]
        )
        info.with(Program.version, String(Migration.all.last?.version ?? 0)).set(1)
    }

    private static func hostName() -> String {
        // HOST_NAME_MAX is 64 on Linux: gethostname(2).
        var buffer = [CChar](repeating: 0, count: 65)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
