import TuskCore
import TuskStore

/// `tusk top`.
enum TopCommand {
    /// How soon a key, a signal or another size of the terminal is noticed.
    private static let step = Duration.milliseconds(50)

    private static let once = Option.argument("once", .flag, "shows it once and ends, as where there is no terminal")
    private static let interval = Option.argument(
        "interval",
        .duration(.milliseconds(200) ... .seconds(3600)),
        fallback: "1s",
        "how often the database is asked"
    )

    static let all = [
        Command(
            path: ["top"],
            summary: "shows queues, running jobs and workers, again and again",
            details: "Keys: q ends it, p sorts the queues by something else, the arrows up and down move a part of the"
                + " screen, left and right choose which. IN/MIN are jobs claimed. Rates are those of the last one to"
                + " two minutes; counts stop at \(StoreSession.queueCountMax).",
            options: [once, interval],
            examples: ["tusk top", "tusk top --once -o json"],
            body: run
        )
    ]

    private static func run(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let database = try context.database()
        let pause = try context.duration(interval) ?? .seconds(1)
        let first = try TopReader.read(database).get()
        let console = context.console
        let isOnce = try context.flag(once)
        guard console.format == .table, console.isScreen, !isOnce else {
            try console.show(first.object) {
                TopFrame(snapshot: first, state: TopState(), isColored: console.isColored).lines()
            }
            return .success
        }
        let signals = StopSignals()
        signals.onHangUp { signals.request() }
        let screen = try Screen.enter(console)
        defer { screen.leave() }
        return try watch(first, TopReader(database.store), every: pause, screen, signals, console)
    }

    /// Draws until somebody ends it.
    private static func watch(
        _ first: TopSnapshot,
        _ reader: TopReader,
        every pause: Duration,
        _ screen: Screen,
        _ signals: StopSignals,
        _ console: Console
    ) throws(CommandError) -> ExitCode {
        var frame = TopFrame(snapshot: first, state: TopState(), isColored: console.isColored)
        var size = Screen.size
        var next = ContinuousClock.now + pause
        var isStale = true
        while signals.urgency == .none, !frame.state.isOver {
            if ContinuousClock.now >= next {
                reader.ask()
                next = ContinuousClock.now + pause
            }
            if let answer = reader.take() {
                frame = Self.frame(after: frame, answer)
                isStale = true
            }
            if Screen.size != size {
                size = Screen.size
                isStale = true
            }
            if isStale { try screen.show(frame.lines(size)) }
            isStale = false
            guard let bytes = screen.typed(within: step) else { return .success }
            let keys = TopState.keys(bytes)
            guard !keys.isEmpty else { continue }
            let counts = [frame.snapshot.queues.count, frame.snapshot.jobs.count, frame.snapshot.workers.count]
            var state = frame.state
            for key in keys { state.press(key, counts: counts) }
            frame = TopFrame(
                snapshot: frame.snapshot,
                state: state,
                isColored: console.isColored,
                trouble: frame.trouble
            )
            isStale = true
        }
        return signals.urgency == .none ? .success : .interrupted
    }

    /// The last one again, with what is new; while the database is away, what was seen last stays.
    private static func frame(after frame: TopFrame, _ answer: Result<TopSnapshot, CommandError>) -> TopFrame {
        switch answer {
        case .success(let snapshot):
            TopFrame(snapshot: snapshot, state: frame.state, isColored: frame.isColored)
        case .failure(let error):
            TopFrame(
                snapshot: frame.snapshot,
                state: frame.state,
                isColored: frame.isColored,
                trouble: error.message
            )
        }
    }
}
