import Glibc
import TuskCore
import TuskPostgres
import TuskStore
import TuskTasks
import TuskTelemetry

/// What the roles of one process share.
struct ServiceParts: Sendable {
    let configuration: Configuration
    let console: Console
    let environment: [String: String]
    let logger: Logger
    let logOutput: LogOutput
    let registry: MetricsRegistry
    /// Who takes spans; nil: nobody asked for them.
    let tracer: Tracer?
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
        tracer = try Self.tracer(configuration, registry, host)
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
        tracer?.stop(within: Self.tracesTime)
        logOutput.stop()
    }

    /// How long the last spans may take.
    private static let tracesTime = Duration.seconds(1)

    private static func tracer(
        _ configuration: Configuration,
        _ registry: MetricsRegistry,
        _ host: String
    ) throws(CommandError) -> Tracer? {
        guard let sender = try traceSender(configuration) else { return nil }
        let service = configuration.text(.serviceName) ?? "tusk"
        let resource = Tracer.Resource(service: service, version: Program.version, host: host)
        return Tracer(resource, registry: registry, sender: sender.send)
    }

    /// Who sends spans to the collector that the configuration names; nil: it names none.
    static func traceSender(_ configuration: Configuration) throws(CommandError) -> TraceSender? {
        guard let endpoint = configuration.text(.otlpEndpoint) else { return nil }
        do throws(TraceSender.Fault) {
            return try TraceSender(endpoint: endpoint, headers: configuration.text(.otlpHeaders) ?? "")
        } catch {
            let origin = configuration.entry(.otlpEndpoint)?.origin.description ?? Option.otlpEndpoint.flag
            throw CommandError(.configuration, "\(origin): tracing \(error.words)")
        }
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

    /// The name of this machine; empty: it has none.
    static func hostName() -> String {
        // HOST_NAME_MAX is 64 on Linux: gethostname(2).
        var buffer = [CChar](repeating: 0, count: 65)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
