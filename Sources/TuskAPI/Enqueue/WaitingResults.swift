import Dispatch
import Synchronization
import TuskCore
import TuskHTTP
import TuskStore
import TuskTelemetry

/// The requests that enqueued a job and wait for its end. None of them holds a thread or a session meanwhile: one
/// thread asks for all of them together, a few times a second, and starts with the first of them.
final class WaitingResults: Sendable {
    /// Between two questions.
    private static let pause = Duration.milliseconds(100)
    /// The same after the database did not answer.
    private static let failurePause = Duration.seconds(1)

    private struct Waiter: Sendable {
        let call: Call
        let job: JobID
        let until: ContinuousClock.Instant
        /// What is said when the job has not ended in time.
        let response: HTTPResponse
        /// It may have ended long ago, when the request enqueued nothing new.
        var wasSought = false
    }

    private struct State {
        var waiters: [Waiter] = []
        var isRunning = false
        var isDraining = false
        var isStopped = false
    }

    private let store: Store
    private let waitsMax: Int
    private let logger: Logger
    private let state = Mutex(State())
    private let bell = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    init(store: Store, waitsMax: Int, logger: Logger) {
        self.store = store
        self.waitsMax = waitsMax
        self.logger = logger
    }

    /// Answers a request that enqueued a job: with what became of it when the request prefers to wait, or at once when
    /// it does not, or there is no room.
    func answer(_ request: EnqueueRequest, _ answer: EnqueueRequest.Answer) {
        if !takes(request, answer) { request.call.answer(answer.response) }
    }

    /// Whether the request waits from now on, and is answered by this.
    func takes(_ request: EnqueueRequest, _ answer: EnqueueRequest.Answer) -> Bool {
        guard let wait = request.wait, let job = answer.job else { return false }
        var response = answer.response
        response.status = 202
        response.headers.append(wait.appliedField)
        let waiter = Waiter(
            call: request.call,
            job: job,
            until: .now.advanced(by: .seconds(wait.seconds)),
            response: response
        )
        let (isIn, isFirst) = state.withLock { state in
            guard state.waiters.count < waitsMax, !state.isDraining else { return (false, false) }
            state.waiters.append(waiter)
            defer { state.isRunning = true }
            return (true, !state.isRunning)
        }
        if isFirst { OwnedThread.start("tusk-results") { self.run() } }
        if isIn { bell.signal() }
        return isIn
    }

    /// Tells those that wait that their jobs have not ended, and lets nobody wait any more.
    func drain() {
        state.withLock { $0.isDraining = true }
        bell.signal()
    }

    /// The same, and returns when the thread has ended. Any number of times.
    func stop() {
        drain()
        let wasRunning = state.withLock { state in
            defer { state.isStopped = true }
            return state.isRunning && !state.isStopped
        }
        bell.signal()
        if wasRunning { ended.wait() }
    }

    // The thread

    private func run() {
        while true {
            let (waiters, isStopped) = state.withLock { ($0.waiters, $0.isStopped) }
            if waiters.isEmpty {
                if isStopped { break }
                bell.wait()
                continue
            }
            let rest = ask(waiters) ? Self.pause : Self.failurePause
            answerOverdue()
            // Not the bell: who comes in between waits for the next question, so that their rate is bounded.
            let end = DispatchTime.now() + .microseconds(Int(rest.wholeMicroseconds))
            while !state.withLock(\.isDraining), bell.wait(timeout: end) == .success {}
        }
        ended.signal()
    }

    /// Answers those whose jobs have ended; false when the database did not say.
    private func ask(_ waiters: [Waiter]) -> Bool {
        do throws(StoreError) {
            let jobs = try store.withSession { session throws(StoreError) in
                var ended: Set<JobID> = []
                for wasSought in [false, true] {
                    let ids = Set(waiters.filter { $0.wasSought == wasSought }.map(\.job))
                    if !ids.isEmpty { ended.formUnion(try session.ended(among: Array(ids), lately: wasSought)) }
                }
                var jobs: [JobID: JobRecord] = [:]
                for id in ended { jobs[id] = try session.job(id) }
                return jobs
            }
            for waiter in take({ jobs[$0.job] != nil }) {
                guard let job = jobs[waiter.job] else { continue }
                var response = HTTPResponse.object { $0.members(of: job, isWhole: true) }
                response.headers += waiter.response.headers.filter {
                    ["Location", "Preference-Applied"].contains($0.0)
                }
                waiter.call.answer(response)
            }
            let sought = Set(waiters.map(\.job))
            state.withLock { state in
                for index in state.waiters.indices where sought.contains(state.waiters[index].job) {
                    state.waiters[index].wasSought = true
                }
            }
            return true
        } catch {
            logger.warning("cannot see whether jobs have ended", ["error": .text(error.description)])
            return false
        }
    }

    private func answerOverdue() {
        let now = ContinuousClock.now
        let isDraining = state.withLock(\.isDraining)
        for waiter in take({ isDraining || $0.until <= now || $0.call.responder.hasClientLeft }) {
            waiter.call.answer(waiter.response)
        }
    }

    private func take(_ isOut: (Waiter) -> Bool) -> [Waiter] {
        state.withLock { state in
            let out = state.waiters.filter(isOut)
            if !out.isEmpty { state.waiters.removeAll(where: isOut) }
            return out
        }
    }
}
