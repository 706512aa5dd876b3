import Dispatch
import Synchronization
import TuskCore
import TuskHTTP
import TuskStore
import TuskTelemetry

/// Puts requests for single jobs that come at about the same time into one statement.
///
/// One thread with a session of its own; `CoalescerState` decides what goes together.
final class Coalescer: Sendable {
    private typealias State = CoalescerState<EnqueueRequest>

    private let store: Store
    private let effects: EnqueueEffects
    private let waiting: WaitingResults
    private let logger: Logger
    private let state: Mutex<State>
    /// Raised when the thread has something to do after it had nothing.
    private let signal = DispatchSemaphore(value: 0)
    private let running = DispatchGroup()
    private let isStarted = Mutex(false)

    init(
        store: Store,
        configuration: APIConfiguration,
        effects: EnqueueEffects,
        waiting: WaitingResults,
        logger: Logger
    ) {
        self.store = store
        self.effects = effects
        self.waiting = waiting
        self.logger = logger
        var limits = State.Limits()
        limits.batchItemsMax = configuration.batchJobsMax
        limits.batchBytesMax = configuration.batchBytesMax
        limits.waitingItemsMax = configuration.waitingRequestsMax
        limits.waitingBytesMax = configuration.waitingBytesMax
        state = Mutex(State(limits: limits))
    }

    /// Starts the thread; requests that came before are worked on now.
    func start() {
        let isFirst = isStarted.withLock { isStarted in
            defer { isStarted = true }
            return !isStarted
        }
        guard isFirst, !state.withLock(\.isStopped) else { return }
        running.enter()
        DispatchQueue(label: "tusk.api.enqueue").async { [self] in
            work()
            running.leave()
        }
    }

    /// Takes a request in; it is answered by the thread, or at once when there is no room.
    func submit(_ request: EnqueueRequest) {
        let kind = request.key == nil ? State.Kind.plain : .keyed
        switch state.withLock({ $0.add(request, bytes: request.bytes, kind) }) {
        case .admitted(let mustWake): if mustWake { signal.signal() }
        case .full: request.call.refuse(Lanes.full)
        case .stopped: request.call.refuse(Lanes.stopped)
        }
    }

    /// Refuses what waits, finishes the statement that runs, and returns when the thread has ended.
    func stop() {
        let (waiting, mustWake) = state.withLock { ($0.giveUp(), $0.stop()) }
        for request in waiting { request.call.refuse(Lanes.stopped) }
        if mustWake { signal.signal() }
        running.wait()
    }

    // The thread

    private func work() {
        var line = EnqueueSession(store: store)
        defer { line.close() }
        while true {
            let (batch, isStopped) = state.withLock { ($0.next(), $0.isStopped) }
            if let batch {
                run(batch, on: &line)
            } else if isStopped {
                return
            } else {
                signal.wait()
            }
        }
    }

    private func run(_ batch: State.Batch, on line: inout EnqueueSession) {
        let session: StoreSession
        do throws(StoreError) {
            session = try line.session(now: .now)
        } catch {
            effects.metrics.note(error)
            logger.warning("cannot connect to enqueue", ["error": .text(error.description)])
            return giveUp(batch.items)
        }
        effects.metrics.noteBatch(jobs: batch.items.count)
        let failure: StoreError? =
            switch batch.kind {
            case .plain: enqueuePlain(batch.items, session)
            case .keyed: enqueueKeyed(batch.items, session)
            }
        line.noteUse(at: .now)
        guard let failure, failure.isTransient else { return }
        // Also after a polite error: the server may have become a standby, and connecting anew finds the next one.
        let isGone = !session.isUsable
        line.close()
        if isGone { giveUp([]) }
    }

    private func enqueuePlain(_ requests: [EnqueueRequest], _ session: StoreSession) -> StoreError? {
        let results = SplitRun.run(requests[...]) { requests throws(StoreError) in
            try session.enqueue(requests.map(\.job))
        }
        var tally = EnqueueEffects.Tally()
        for case (let request, .success(let enqueued)) in zip(requests, results) { tally.accept(request.job, enqueued) }
        effects.follow(tally)
        return finish(requests, results) { $0.answer($1, isReplay: false) }
    }

    private func enqueueKeyed(_ requests: [EnqueueRequest], _ session: StoreSession) -> StoreError? {
        let results = SplitRun.run(requests[...]) { requests throws(StoreError) in
            try session.enqueue(keyed: requests.compactMap(\.key))
        }
        var tally = EnqueueEffects.Tally()
        for case (let request, .success(let answer)) in zip(requests, results) { tally.note([request.job], answer) }
        effects.follow(tally)
        return finish(requests, results) { $0.answer($1) }
    }

    /// Answers all requests of a batch; returns the last failure among them.
    private func finish<Answer>(
        _ requests: [EnqueueRequest],
        _ results: [Result<Answer, StoreError>],
        _ answer: (EnqueueRequest, Answer) -> EnqueueRequest.Answer
    ) -> StoreError? {
        var answers: [(HTTPResponder, HTTPResponse)] = []
        answers.reserveCapacity(requests.count)
        var failures: [(request: EnqueueRequest, error: StoreError)] = []
        for (request, result) in zip(requests, results) {
            switch result {
            case .success(let result):
                let answer = answer(request, result)
                guard request.wait == nil || !waiting.takes(request, answer) else { continue }
                answers.append((request.call.responder, request.call.stamped(answer.response)))
            case .failure(let error):
                failures.append((request, error))
                let refusal = Problem(error).response(requestID: request.call.requestID)
                answers.append((request.call.responder, request.call.stamped(refusal)))
            }
        }
        HTTPResponder.send(answers)
        log(failures)
        return failures.last?.error
    }

    /// One line for a failure that hit a whole batch, one for each request that failed by itself.
    private func log(_ failures: [(request: EnqueueRequest, error: StoreError)]) {
        for (index, failure) in failures.enumerated() {
            effects.metrics.note(failure.error)
            if index > 0, failure.error == failures[index - 1].error { continue }
            let level = failure.error.isTransient ? LogLevel.warning : .error
            logger.log(
                level,
                "cannot enqueue",
                [
                    "error": .text(failure.error.description), "request_id": .text(failure.request.call.requestID),
                    "requests": .integer(Int64(failures.count)),
                ]
            )
        }
    }

    /// Refuses these and everything that waits: whoever came while the database was away has waited long enough.
    private func giveUp(_ requests: [EnqueueRequest]) {
        let waiting = state.withLock { $0.giveUp() }
        HTTPResponder.send(
            (requests + waiting).map { request in
                let refusal = Self.databaseGone.response(requestID: request.call.requestID)
                return (request.call.responder, request.call.stamped(refusal))
            }
        )
    }

    private static let databaseGone = Problem(
        .databaseUnavailable,
        "The database is out of reach; nothing was done."
    )
}
