import Dispatch
import Synchronization
import TuskCore
import TuskHTTP
import TuskStore
import TuskTelemetry

/// The event streams of jobs. None of them holds a thread or a session: one thread asks for all of them, a few times a
/// second, and starts with the first of them.
final class JobStreams: Sendable {
    /// Between two rounds.
    private static let pause = Duration.milliseconds(250)
    /// The same after the database did not answer.
    private static let failurePause = Duration.seconds(1)
    /// After so long without an event a comment is sent.
    private static let keepAliveTime = Duration.seconds(15)
    /// A stream ends after so long, so that its client comes again and its key is looked at again.
    private static let lifetime = Duration.seconds(600)
    /// How long a client shall wait before it connects again.
    private static let retryMilliseconds = 2000

    /// One stream; only the thread changes it.
    private struct Stream: Sendable {
        let call: Call
        let job: JobID
        let writer: HTTPStreamWriter
        let endsAt: ContinuousClock.Instant
        var follow: JobFollow
        /// Whether its client was told how long to wait before it connects again.
        var isGreeted = false
        var sentAt: ContinuousClock.Instant
        /// Since when its client takes nothing.
        var stalledSince: ContinuousClock.Instant?

        /// Sends an event, or notes that there is no room. False: there was none.
        mutating func offer(_ event: ServerSentEvent, at now: ContinuousClock.Instant) throws(HTTPStreamError) -> Bool {
            guard try writer.offer(event.bytes) else {
                stalledSince = stalledSince ?? now
                return false
            }
            (sentAt, stalledSince) = (now, nil)
            return true
        }
    }

    private struct State {
        /// Those that the thread has not taken over.
        var newcomers: [Stream] = []
        /// All of them.
        var count = 0
        var isRunning = false
        var isDraining = false
        var isStopped = false
    }

    private let store: Store
    private let streamsMax: Int
    /// A client that has no room for so long is dropped.
    private let stallMax: Duration
    private let logger: Logger
    private let state = Mutex(State())
    private let bell = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    init(_ store: Store, _ configuration: APIConfiguration, _ registry: MetricsRegistry, _ logger: Logger) {
        self.store = store
        streamsMax = configuration.jobStreamsMax
        stallMax = configuration.jobStreamStallMax
        self.logger = logger
        registry.sampled("tusk_sse_clients", type: .gauge, help: "Event streams of jobs.") { [weak self] in
            self.map { [MetricSample(Double($0.count))] } ?? []
        }
    }

    /// How many streams there are.
    var count: Int { state.withLock(\.count) }

    /// Answers a call with a stream of what is new to `follow`, or refuses it when there are too many.
    func enter(_ call: Call, _ job: JobID, _ follow: JobFollow) {
        let isIn = state.withLock { state in
            guard state.count < streamsMax, !state.isDraining else { return false }
            state.count += 1
            return true
        }
        guard isIn else {
            return call.refuse(Problem(.overloaded, "There are \(streamsMax) event streams of jobs already."))
        }
        let writer = call.responder.beginStream(
            headers: [
                ("Content-Type", "text/event-stream"), ("Cache-Control", "no-store"),
                ("X-Content-Type-Options", "nosniff"), ("X-Accel-Buffering", "no"), (RequestID.field, call.requestID),
            ]
        )
        let now = ContinuousClock.now
        let stream = Stream(
            call: call,
            job: job,
            writer: writer,
            endsAt: now.advanced(by: Self.lifetime),
            follow: follow,
            sentAt: now
        )
        let isFirst = state.withLock { state in
            state.newcomers.append(stream)
            defer { state.isRunning = true }
            return !state.isRunning && !state.isStopped
        }
        if isFirst { OwnedThread.start("tusk-events") { self.run() } }
        bell.signal()
    }

    /// Ends all streams, and lets nobody in any more.
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
        var streams: [Stream] = []
        while true {
            let (newcomers, isDraining, isStopped) = state.withLock { state in
                defer { state.newcomers = [] }
                return (state.newcomers, state.isDraining, state.isStopped)
            }
            streams += newcomers
            if isDraining {
                for stream in streams { stream.writer.finish() }
                streams = []
            }
            let isAnswered = serve(&streams)
            state.withLock { $0.count = streams.count + $0.newcomers.count }
            if streams.isEmpty {
                if isStopped { break }
                bell.wait()
                continue
            }
            let rest = isAnswered ? Self.pause : Self.failurePause
            // Not the bell: who comes in between waits for the next round, so that their rate is bounded.
            let end = DispatchTime.now() + .microseconds(Int(rest.wholeMicroseconds))
            while !state.withLock(\.isDraining), bell.wait(timeout: end) == .success {}
        }
        ended.signal()
    }

    /// Sends each stream what is new to it, and leaves out those that are over; false when the database did not
    /// answer.
    private func serve(_ streams: inout [Stream]) -> Bool {
        guard !streams.isEmpty else { return true }
        var kept: [Stream] = []
        do throws(StoreError) {
            kept = try store.withSession { session throws(StoreError) in
                var kept: [Stream] = []
                for stream in streams {
                    var stream = stream
                    if try serve(&stream, session) { kept.append(stream) }
                }
                return kept
            }
            streams = kept
            return true
        } catch {
            logger.warning("cannot see what is new of jobs", ["error": .text(error.description)])
            streams.removeAll { $0.call.responder.hasClientLeft }
            return false
        }
    }

    /// False: the stream is over.
    private func serve(_ stream: inout Stream, _ session: StoreSession) throws(StoreError) -> Bool {
        let now = ContinuousClock.now
        if stream.call.responder.hasClientLeft { return false }
        if let since = stream.stalledSince, since.duration(to: now) > stallMax { return false }
        guard now < stream.endsAt, let news = try session.news(of: stream.job, &stream.follow) else {
            stream.writer.finish()
            return false
        }
        do throws(HTTPStreamError) {
            if !stream.isGreeted {
                let greeting = ServerSentEvent(retryMilliseconds: Self.retryMilliseconds)
                stream.isGreeted = try stream.offer(greeting, at: now)
            }
            for item in news {
                var follow = stream.follow
                follow.see(item)
                guard try stream.offer(Self.event(item, follow), at: now) else {
                    stream.follow.noteRest(true)
                    return true
                }
                stream.follow = follow
            }
            if stream.follow.hasSeenEnd {
                stream.writer.finish()
                return false
            }
            if stream.sentAt.duration(to: now) > Self.keepAliveTime { _ = try stream.offer(.keepAlive, at: now) }
            return true
        } catch {
            return false
        }
    }

    /// The event of something new; its id is the place that is reached with it.
    private static func event(_ news: JobFollow.News, _ follow: JobFollow) -> ServerSentEvent {
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        let name: String
        switch news {
        case .state(let job):
            name = "state"
            writer.members(of: job, isWhole: job.state.isFinal)
        case .progress(let job):
            name = "progress"
            writer.progressMembers(of: job)
        case .log(let line):
            name = "log"
            writer.members(of: line)
        }
        writer.endObject()
        let id = follow.place.description + (follow.hasSeenEnd ? JobEventRoutes.endMark : "")
        return ServerSentEvent(data: String(decoding: writer.bytes, as: UTF8.self), name: name, id: id)
    }
}
