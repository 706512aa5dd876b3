import Synchronization
import TuskStore

/// What handlers say while they run, on its way to the database.
///
/// Of the progress of a job only the latest is kept. Both lists are bounded; what does not fit is dropped and counted,
/// because a handler must not wait for a database that is away.
final class ReportQueue: Sendable {
    /// Reports of one registration, to be written together.
    struct Batch: Sendable {
        let registration: Registration
        var progress: [ProgressReport] = []
        var lines: [JobLogLine] = []
    }

    private struct Line: Sendable {
        let line: JobLogLine
        let registration: Registration
    }

    private struct Progress: Sendable {
        let report: ProgressReport
        let registration: Registration
    }

    private struct State {
        var progress: [JobID: Progress] = [:]
        var lines: [Line] = []
        var dueAt: ContinuousClock.Instant?
        var dropped = 0

        var isEmpty: Bool { progress.isEmpty && lines.isEmpty }
    }

    /// The most log lines that wait. Defaults to 10,000.
    static let linesMax = 10_000
    /// The most log lines of one statement.
    static let batchLinesMax = 1000
    /// How long reports gather before they are written.
    static let gatherTime = Duration.milliseconds(100)

    private let state = Mutex(State())
    private let settler: Bell

    /// `settler` is rung for the first report after a pause.
    init(settler: Bell) {
        self.settler = settler
    }

    /// Takes the latest progress of a job.
    func add(_ report: ProgressReport, of registration: Registration) {
        add { $0.progress[report.id] = Progress(report: report, registration: registration) }
    }

    /// Takes a log line.
    func add(_ line: JobLogLine, of registration: Registration) {
        add { state in
            if state.lines.count < Self.linesMax {
                state.lines.append(Line(line: line, registration: registration))
            } else {
                state.dropped += 1
            }
        }
    }

    /// Log lines that found the queue full, or that the database refused, since the start.
    var droppedCount: Int { state.withLock { $0.dropped } }

    /// When the next reports should be written; nil: there are none.
    var dueAt: ContinuousClock.Instant? { state.withLock { $0.isEmpty ? nil : $0.dueAt } }

    /// Takes reports to write, those of one registration together; at most so many that one statement holds them.
    func take() -> [Batch] {
        let (progress, lines) = state.withLock { state in
            let lines = Array(state.lines.prefix(Self.batchLinesMax))
            state.lines.removeFirst(lines.count)
            defer { state.progress = [:] }
            if state.lines.isEmpty { state.dueAt = nil }
            return (Array(state.progress.values), lines)
        }
        var batches: [WorkerID: Batch] = [:]
        for item in progress {
            let id = item.registration.id
            batches[id, default: Batch(registration: item.registration)].progress.append(item.report)
        }
        for item in lines {
            let id = item.registration.id
            batches[id, default: Batch(registration: item.registration)].lines.append(item.line)
        }
        return Array(batches.values)
    }

    /// Takes back what could not be written for the moment; newer progress counts.
    func putBack(_ batch: Batch, dueAt: ContinuousClock.Instant) {
        state.withLock { state in
            for report in batch.progress where state.progress[report.id] == nil {
                state.progress[report.id] = Progress(report: report, registration: batch.registration)
            }
            let lines = batch.lines.prefix(Self.linesMax - state.lines.count)
            state.dropped += batch.lines.count - lines.count
            state.lines.insert(contentsOf: lines.map { Line(line: $0, registration: batch.registration) }, at: 0)
            state.dueAt = dueAt
        }
    }

    /// Counts lines that the database refused for good.
    func drop(_ lines: Int) {
        if lines > 0 { state.withLock { $0.dropped += lines } }
    }

    private func add(_ change: (inout State) -> Void) {
        let isFirst = state.withLock { state in
            let isFirst = state.isEmpty
            change(&state)
            if isFirst { state.dueAt = .now.advanced(by: Self.gatherTime) }
            return isFirst
        }
        if isFirst { settler.ring() }
    }
}
