package import TuskCore
import TuskPostgres

/// How far an operation is.
package enum OperationState: String, Sendable, Hashable, CaseIterable {
    /// The first jobs are retried and watched.
    case canary
    case running
    /// It has looked at all jobs that it is about.
    case completed
    /// Too many of the first jobs failed again.
    case stopped
    /// Somebody cancelled it.
    case cancelled

    /// Whether nothing more is done.
    package var isFinal: Bool {
        switch self {
        case .canary, .running: false
        case .completed, .stopped, .cancelled: true
        }
    }
}

/// What is done to many jobs: who asked for it, and how far it is.
package struct OperationRecord: Sendable, Hashable {
    package let id: Int64
    package let state: OperationState
    package let action: OperationAction
    package let filter: FailureFilter
    /// The most jobs in a second; nil: as many as it can.
    package let perSecond: Int?
    package let canary: Canary?
    /// How many of the first jobs failed again, as far as it is known.
    package let canaryFailed: Int
    /// How many jobs it was about when it was asked for, counted among the `failuresExaminedMax` newest.
    package let matched: Int64
    /// How many jobs it has looked at.
    package let examined: Int64
    /// How many it has retried, or cancelled or told to stop.
    package let done: Int64
    /// How many could not be retried.
    package let refused: Int64
    /// Why the last of these could not be.
    package let fault: String?
    package let createdAt: Timestamp
    package let createdBy: String
    /// Why somebody wanted it.
    package let reason: String?
    package let endedAt: Timestamp?
    package let cancelledAt: Timestamp?
    package let cancelledBy: String?
    /// Why it was cancelled.
    package let cancelReason: String?
    /// Of a cancel: whether jobs that run are left alone.
    package let sparesRunning: Bool

    init(_ rows: ResultSet, _ row: Int) throws(StoreError) {
        guard
            let state = OperationState(rawValue: rows.text(row, 1)),
            let action = OperationAction(rawValue: rows.text(row, 2))
        else { throw .unreadable("an operation") }
        id = rows.int8(row, 0)
        self.state = state
        self.action = action
        filter = FailureFilter(
            kind: rows.textIfPresent(row, 3).flatMap { Kind($0) },
            queue: rows.textIfPresent(row, 4).flatMap { QueueName($0) },
            reason: rows.textIfPresent(row, 5),
            fingerprint: rows.textIfPresent(row, 6).flatMap { ErrorFingerprint($0) }
        )
        perSecond = rows.int4IfPresent(row, 7).map { Int($0) }
        canary =
            rows.isNull(row, 8)
            ? nil : Canary(count: Int(rows.int2(row, 8)), failedPercentMax: Int(rows.int2(row, 9)))
        canaryFailed = Int(rows.int2(row, 10))
        matched = rows.int8(row, 11)
        examined = rows.int8(row, 12)
        done = rows.int8(row, 13)
        refused = rows.int8(row, 14)
        fault = rows.textIfPresent(row, 15)
        createdAt = rows.moment(row, 16)
        createdBy = rows.text(row, 17)
        reason = rows.textIfPresent(row, 18)
        endedAt = rows.momentIfPresent(row, 19)
        cancelledAt = rows.momentIfPresent(row, 20)
        cancelledBy = rows.textIfPresent(row, 21)
        cancelReason = rows.textIfPresent(row, 22)
        sparesRunning = rows.bool(row, 23)
    }
}

/// How many discarded jobs are like a filter.
package struct FailureCount: Sendable, Hashable {
    package let matched: Int64
    /// How many were looked at: all there are, or `failuresExaminedMax`.
    package let examined: Int64

    /// Whether all discarded jobs were looked at.
    package var isExact: Bool { examined < StoreSession.failuresExaminedMax }
}

/// What became of the wish to end an operation before its time.
package enum OperationCancel: Sendable, Hashable {
    /// It does nothing more, now or since it was cancelled before.
    case cancelled(OperationRecord)
    /// It had ended by itself.
    case ended(OperationRecord)
    case notFound
}

/// What a round of operations did.
package struct OperationRound: Sendable, Hashable {
    /// The operation that was due; nil: none was.
    package let id: Int64?
    package let action: OperationAction?
    package let state: OperationState?
    /// How many jobs it retried or cancelled in this round.
    package let done: Int
    /// The queues of those that it retried.
    package let queues: Set<QueueName>
    /// When an operation is due next; nil: none is under way.
    package let wait: Duration?
}

extension StoreSession {
    /// The most operations under way at once.
    package static let operationsUnderWayMax = 100
    /// The most operations of one page.
    package static let listOperationsMax = 1000
    /// The most jobs that one round retries or cancels.
    package static let operationBatchMax = 200
    /// The most jobs that one round looks at.
    package static let operationExaminedMax = 2000

    private static let countFailures = SQLCatalog.statement("count_failures", isReadOnly: true)
    private static let countUnfinished = SQLCatalog.statement("count_unfinished", isReadOnly: true)
    private static let createOperation = SQLCatalog.statement("create_operation")
    private static let listOperations = SQLCatalog.statement("list_operations", isReadOnly: true)
    private static let cancelOperation = SQLCatalog.statement("cancel_operation")
    private static let runOperation = SQLCatalog.statement("run_operation")

    /// How many discarded jobs the filter lets through, among the `failuresExaminedMax` newest.
    package func countFailures(_ filter: FailureFilter) throws(StoreError) -> FailureCount {
        let rows = try run(Self.countFailures) {
            $0.text(filter.kind?.text)
            $0.text(filter.queue?.text)
            $0.text(filter.reason)
            $0.text(filter.fingerprint?.text)
            $0.int4(Int32(Self.failuresExaminedMax))
        }
        return FailureCount(matched: rows.int8(0, 1), examined: rows.int8(0, 0))
    }

    /// How many jobs an operation is about, among the first or the newest `failuresExaminedMax`.
    package func count(_ operation: NewOperation) throws(StoreError) -> FailureCount {
        guard operation.action == .cancel else { return try countFailures(operation.filter) }
        let rows = try run(Self.countUnfinished) {
            $0.text(operation.filter.kind?.text)
            $0.text(operation.filter.queue?.text)
            $0.bool(operation.sparesRunning)
            $0.int4(Int32(Self.failuresExaminedMax))
        }
        let matched = rows.int8(0, 0)
        return FailureCount(matched: matched, examined: matched)
    }

    /// Creates an operation that the scheduler carries out; nil: `operationsUnderWayMax` are under way. `matched` is
    /// how many jobs it is about, as `count` gave it.
    package func create(
        _ operation: NewOperation,
        matched: Int64,
        by who: Author
    ) throws(StoreError) -> OperationRecord? {
        let author = who.giving(operation.reason)
        let id: Int64? = try audited(.operationCreate, of: nil, by: author) { () throws(StoreError) in
            let id = try insert(operation, matched: matched, by: author)
            return (id, id.map { String($0) })
        }
        guard let id else { return nil }
        return try self.operation(id)
    }

    private func insert(
        _ operation: NewOperation,
        matched: Int64,
        by author: Author
    ) throws(StoreError) -> Int64? {
        let filter = operation.filter
        let rows = try run(Self.createOperation) {
            $0.text(filter.kind?.text)
            $0.text(filter.queue?.text)
            $0.text(filter.reason)
            $0.text(filter.fingerprint?.text)
            $0.int4(operation.perSecond.map { Int32($0) })
            $0.int2(operation.canary.map { Int16($0.count) })
            $0.int2(operation.canary.map { Int16($0.failedPercentMax) })
            $0.int8(matched)
            $0.text(author.name)
            $0.text(author.reason)
            $0.int4(Int32(Self.operationsUnderWayMax))
            $0.text(operation.action.rawValue)
            $0.bool(operation.sparesRunning)
        }
        return rows.rowCount == 0 ? nil : rows.int8(0, 0)
    }

    /// The operation; nil when there is none, or it was pruned.
    package func operation(_ id: Int64) throws(StoreError) -> OperationRecord? {
        try operations(only: id, below: nil, max: 1).first
    }

    /// Operations below an id, the newest first; nil starts at the newest.
    package func operations(below id: Int64?, max: Int) throws(StoreError) -> [OperationRecord] {
        try operations(only: nil, below: id, max: max)
    }

    private func operations(only one: Int64?, below id: Int64?, max: Int) throws(StoreError) -> [OperationRecord] {
        let rows = try run(Self.listOperations) {
            $0.int8(one)
            $0.int8(id ?? .max)
            $0.int4(Int32(min(max, Self.listOperationsMax)))
        }
        var operations: [OperationRecord] = []
        for row in 0..<rows.rowCount { operations.append(try OperationRecord(rows, row)) }
        return operations
    }

    /// Ends an operation before its time; what it has done stays so. Doing it again gives the same answer.
    package func cancelOperation(_ id: Int64, by who: Author, reason: String?) throws(StoreError) -> OperationCancel {
        let author = who.giving(reason)
        return try audited(.operationCancel, of: String(id), by: author) { () throws(StoreError) in
            _ = try run(Self.cancelOperation) {
                $0.int8(id)
                $0.text(author.name)
                $0.text(author.reason)
            }
            guard let operation = try operation(id) else { return (.notFound, nil) }
            guard operation.state == .cancelled else { return (.ended(operation), nil) }
            return (.cancelled(operation), String(id))
        }
    }

    /// Does the next batch of the operation that is due. Any number of processes may call it.
    package func runOperation() throws(StoreError) -> OperationRound {
        let rows = try run(Self.runOperation) {
            $0.int4(Int32(Self.operationBatchMax))
            $0.int4(Int32(Self.operationExaminedMax))
        }
        return OperationRound(
            id: rows.int8IfPresent(0, 0),
            action: rows.textIfPresent(0, 5).flatMap { OperationAction(rawValue: $0) },
            state: rows.textIfPresent(0, 1).flatMap { OperationState(rawValue: $0) },
            done: Int(rows.int4(0, 2)),
            queues: Set(rows.textArray(0, 3).compactMap { QueueName($0) }),
            wait: rows.int8IfPresent(0, 4).map { .milliseconds($0) }
        )
    }
}
