import TuskCore
import TuskStore

/// A screen of `tusk top`: lines for a terminal of a size. Pure.
struct TopFrame {
    /// How large the terminal is, in characters.
    struct Size: Sendable, Hashable {
        let rows: Int
        let columns: Int
    }

    let snapshot: TopSnapshot
    let state: TopState
    let isColored: Bool
    /// What went wrong when the database was asked last.
    var trouble: String?

    /// What is above, between and below the parts: two lines at the top, one at the bottom, and for each part its
    /// heading, and a line between.
    private static let frameRows = 3 + TopState.Part.allCases.count * 2

    /// The lines; cut to `size` when there is one.
    func lines(_ size: Size? = nil) -> [String] {
        let tables = [queues, jobs, workers]
        let room = rooms(size.map { max(0, $0.rows - Self.frameRows) }, tables.map(\.rows.count))
        var lines = [head, totals]
        for part in TopState.Part.allCases {
            let table = tables[part.rawValue]
            let all = table.lines(width: size?.columns, isColored: isColored)
            let offset = size == nil ? 0 : min(state.offsets[part.rawValue], max(0, table.rows.count - 1))
            lines += ["", all[0]] + all.dropFirst(1 + offset).prefix(room[part.rawValue])
        }
        guard let size else { return lines }
        lines = Array(lines.prefix(max(0, size.rows - 1)))
        lines += [String](repeating: "", count: max(0, size.rows - 1 - lines.count)) + [foot]
        return lines.enumerated().map { index, line in
            // Rows of tables are cut already, and have colours.
            [0, 1, lines.count - 1].contains(index) ? String(line.prefix(size.columns)) : line
        }
    }

    /// How many rows each part gets: a third each, and what one does not need goes to the others.
    private func rooms(_ rows: Int?, _ counts: [Int]) -> [Int] {
        guard let rows else { return counts }
        var rooms = counts.map { min($0, rows / counts.count) }
        var left = rows - rooms.reduce(0, +)
        for index in counts.indices {
            let more = min(left, counts[index] - rooms[index])
            rooms[index] += more
            left -= more
        }
        return rooms
    }

    private var head: String {
        let fleet = snapshot.fleet
        let draining = fleet.drainingWorkers > 0 ? ", \(fleet.drainingWorkers) draining" : ""
        let leader = fleet.leader == nil ? "no scheduler leads" : "a scheduler leads"
        let time = Words.exact(snapshot.moment) ?? ""
        return "tusk top  \(time)  \(Words.count(fleet.liveWorkers, "worker"))\(draining), \(leader)"
    }

    private var totals: String {
        if let trouble { return "! \(Printable.line(trouble))" }
        let queues = snapshot.queues
        let isCapped = queues.contains { $0.available >= StoreSession.queueCountMax }
        let rates = snapshot.rates.values
        let parts = [
            "\(queues.reduce(0) { $0 + $1.available })\(isCapped ? "+" : "") waiting",
            "\(queues.reduce(0) { $0 + $1.running }) running",
            "\(snapshot.workers.reduce(0) { $0 + $1.slots }) slots",
            "\(Self.rate(rates.reduce(0) { $0 + $1.completed })) done/min",
            "\(Self.rate(rates.reduce(0) { $0 + $1.failed })) failed/min",
        ]
        return parts.joined(separator: "  ")
    }

    private var foot: String {
        let part = ["queues", "jobs", "workers"][state.part.rawValue]
        return "q quit  p sort (\(state.order.rawValue))  up/down scroll \(part)  left/right other part"
    }

    // MARK: Parts

    private var queues: Table {
        var table = Table([
            Table.Column(title: "QUEUE"), Table.Column(title: "WAITING", alignment: .right),
            Table.Column(title: "RUNNING", alignment: .right), Table.Column(title: "LATER", alignment: .right),
            Table.Column(title: "BLOCKED", alignment: .right), Table.Column(title: "IN/MIN", alignment: .right),
            Table.Column(title: "DONE/MIN", alignment: .right), Table.Column(title: "FAILED/MIN", alignment: .right),
            Table.Column(title: "OLDEST WAIT", alignment: .right), Table.Column(title: "WORKERS", alignment: .right),
            Table.Column(title: "STATE"),
        ])
        for queue in state.sorted(snapshot) {
            let rate = snapshot.rates[queue.name]
            let waitsInVain = queue.available > 0 && queue.workers == 0
            table.add(
                Table.Cell(queue.name),
                Table.Cell(Self.count(queue.available)),
                Table.Cell(Self.count(queue.running)),
                Table.Cell(Self.count(queue.scheduled)),
                Table.Cell(Self.count(queue.blocked)),
                Table.Cell(Self.rate(rate?.claimed ?? 0)),
                Table.Cell(Self.rate(rate?.completed ?? 0), .good),
                Table.Cell(Self.rate(rate?.failed ?? 0), (rate?.failed ?? 0) > 0 ? .bad : .plain),
                Table.Cell(queue.oldestWait.map(Words.rough)),
                Table.Cell(String(queue.workers), waitsInVain ? .bad : .plain),
                Table.Cell(queue.pause == nil ? "on" : "paused", queue.pause == nil ? .plain : .busy)
            )
        }
        return table
    }

    private var jobs: Table {
        var table = Table([
            Table.Column(title: "RUNNING JOB", alignment: .right), Table.Column(title: "KIND"),
            Table.Column(title: "QUEUE"), Table.Column(title: "HELD FOR", alignment: .right),
            Table.Column(title: "BY WORKER"),
        ])
        for job in snapshot.jobs {
            let held = Duration.microseconds(max(0, snapshot.moment.microseconds - job.claimedAt.microseconds))
            table.add(
                Table.Cell(job.id.description),
                Table.Cell(job.kind),
                Table.Cell(job.queue),
                Table.Cell(Words.rough(held)),
                Table.Cell(String(job.worker.description.prefix(8)))
            )
        }
        return table
    }

    private var workers: Table {
        var table = Table([
            Table.Column(title: "WORKER"), Table.Column(title: "HOST"), Table.Column(title: "PID", alignment: .right),
            Table.Column(title: "STATE"), Table.Column(title: "RUNNING", alignment: .right),
            Table.Column(title: "SLOTS", alignment: .right), Table.Column(title: "HEARD OF"),
            Table.Column(title: "QUEUES"),
        ])
        for worker in snapshot.workers {
            table.add(
                Table.Cell(String(worker.id.description.prefix(8))),
                Table.Cell(worker.host),
                Table.Cell(String(worker.processID)),
                Table.Cell(worker.state, worker.state == "live" ? .good : .busy),
                Table.Cell(String(worker.running)),
                Table.Cell(String(worker.slots)),
                Table.Cell(Words.relative(worker.heartbeatAt, to: snapshot.moment)),
                Table.Cell(worker.queues.joined(separator: ", "))
            )
        }
        return table
    }

    private static func count(_ number: Int) -> String {
        number >= StoreSession.queueCountMax ? "\(StoreSession.queueCountMax)+" : String(number)
    }

    /// With one digit behind the point below 10.
    private static func rate(_ number: Double) -> String {
        guard number < 10, number > 0 else { return String(Int(number.rounded())) }
        let tenths = Int((number * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
