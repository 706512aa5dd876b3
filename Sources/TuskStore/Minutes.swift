package import TuskCore
import TuskPostgres

/// What a process counted of a queue since it said so last.
package struct QueueTally: Sendable, Hashable {
    /// Upper bounds in seconds of `waits` and `runs`; above the last is one more.
    package static let bounds: [Double] = [
        0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 300, 1800,
    ]

    /// Jobs that completed.
    package var completed: Int64 = 0
    /// Attempts that failed and are to be retried.
    package var failed: Int64 = 0
    /// Jobs that were discarded.
    package var discarded: Int64 = 0
    /// Jobs that were cancelled while they ran.
    package var cancelled: Int64 = 0
    /// How many jobs that were claimed had waited so long, by the bounds.
    package private(set) var waits = [Int64](repeating: 0, count: bounds.count + 1)
    /// How many attempts that ended had taken so long.
    package private(set) var runs = [Int64](repeating: 0, count: bounds.count + 1)

    /// Nothing counted.
    package init() {}

    /// A job was claimed that had waited so long.
    package mutating func claimed(after time: Duration) { waits[Self.bucket(of: time)] += 1 }

    /// An attempt ended that had taken so long.
    package mutating func ran(for time: Duration) { runs[Self.bucket(of: time)] += 1 }

    /// An attempt was settled with this verdict.
    package mutating func settled(_ verdict: Verdict) {
        switch verdict {
        case .complete: completed += 1
        case .discard: discarded += 1
        case .cancel: cancelled += 1
        case .retry: failed += 1
        case .snooze, .giveBack: break
        }
    }

    /// Adds what another counted.
    package mutating func add(_ other: QueueTally) {
        completed += other.completed
        failed += other.failed
        discarded += other.discarded
        cancelled += other.cancelled
        for index in waits.indices {
            waits[index] += other.waits[index]
            runs[index] += other.runs[index]
        }
    }

    private static func bucket(of time: Duration) -> Int {
        let seconds = time / .seconds(1)
        return bounds.firstIndex { seconds <= $0 } ?? bounds.count
    }
}

/// What happened in a step of time, in a queue or in all.
package struct SeriesPoint: Sendable, Hashable {
    /// Its beginning.
    package let at: Timestamp
    /// Jobs that completed, attempts that failed and are to be retried, jobs discarded and cancelled while they ran.
    package let completed, failed, discarded, cancelled: Int64
    /// The most jobs that were available in any minute of it, each queue counted up to 10,000.
    package let available: Int64
    /// The longest that the first job of a band had waited.
    package let oldestWait: Duration
    /// How long jobs had waited that were claimed, and attempts had taken that ended; by `QueueTally.bounds`.
    package let waits, runs: [Int64]

    /// The value below which this part of `counts` lies, in seconds, as if the values of a bucket were evenly spread;
    /// the last bound for what lies above it. Nil: nothing was counted.
    package static func quantile(_ part: Double, of counts: [Int64]) -> Double? {
        let total = counts.reduce(0, +)
        guard total > 0 else { return nil }
        let rank = part * Double(total)
        var below = 0.0
        for (index, count) in counts.enumerated() where count > 0 {
            guard index < QueueTally.bounds.count else { break }
            if below + Double(count) >= rank {
                let floor = index == 0 ? 0 : QueueTally.bounds[index - 1]
                return floor + (QueueTally.bounds[index] - floor) * max(0, rank - below) / Double(count)
            }
            below += Double(count)
        }
        return QueueTally.bounds[QueueTally.bounds.count - 1]
    }
}

/// How much waited in a queue when it was sampled.
package struct QueueDepth: Sendable, Hashable {
    package let queue: String
    /// The most jobs that were available in the minute, counted up to 10,000.
    package let available: Int64
    /// The longest that the first job of a band had waited.
    package let oldestWait: Duration

    /// A depth of these parts.
    package init(queue: String, available: Int64, oldestWait: Duration) {
        self.queue = queue
        self.available = available
        self.oldestWait = oldestWait
    }
}

extension StoreSession {
    private static let noteMinute = SQLCatalog.statement("note_minute", isKept: true)
    private static let sampleQueuesStatement = SQLCatalog.statement("sample_queues", isKept: true)
    private static let readDepths = SQLCatalog.statement("read_depths", isReadOnly: true)
    private static let readMinutes = SQLCatalog.statement("read_minutes", isReadOnly: true)

    /// Where counting the jobs of a queue stops.
    private static let sampleMax: Int32 = 10_000

    /// Adds to what happened in the present minute, by the database's clock.
    package func note(_ tallies: [QueueName: QueueTally], within time: Duration? = nil) throws(StoreError) {
        let queues = tallies.keys.sorted()
        let rows = queues.compactMap { tallies[$0] }
        _ = try run(Self.noteMinute, deadline: time.map(Deadline.after)) {
            $0.textArray(queues.map(\.text))
            $0.int8Array(rows.map(\.completed))
            $0.int8Array(rows.map(\.failed))
            $0.int8Array(rows.map(\.discarded))
            $0.int8Array(rows.map(\.cancelled))
            $0.int8Array(rows.flatMap(\.waits))
            $0.int8Array(rows.flatMap(\.runs))
        }
    }

    /// Adds to the present minute how much waits in each queue; how many queues.
    package func sampleQueues() throws(StoreError) -> Int {
        let rows = try run(Self.sampleQueuesStatement) {
            $0.int2(shard)
            $0.int4(Self.sampleMax)
        }
        return Int(rows.int4(0, 0))
    }

    /// How much waited in each queue when it was sampled in the present minute.
    package func depths() throws(StoreError) -> [QueueDepth] {
        let rows = try run(Self.readDepths)
        return (0..<rows.rowCount).map { row in
            QueueDepth(
                queue: rows.text(row, 0),
                available: rows.int8(row, 1),
                oldestWait: .milliseconds(rows.int8(row, 2))
            )
        }
    }

    /// What happened in each step of the last so many seconds, of a queue or of all; steps without anything are left
    /// out.
    package func series(of queue: QueueName?, seconds: Int, step: Int) throws(StoreError) -> [SeriesPoint] {
        let rows = try run(Self.readMinutes) {
            $0.text(queue?.text)
            $0.int4(Int32(seconds))
            $0.int4(Int32(step))
        }
        return (0..<rows.rowCount).map { row in
            SeriesPoint(
                at: rows.moment(row, 0),
                completed: rows.int8(row, 1),
                failed: rows.int8(row, 2),
                discarded: rows.int8(row, 3),
                cancelled: rows.int8(row, 4),
                available: rows.int8(row, 5),
                oldestWait: .milliseconds(rows.int8(row, 6)),
                waits: rows.int8Array(row, 7),
                runs: rows.int8Array(row, 8)
            )
        }
    }
}
