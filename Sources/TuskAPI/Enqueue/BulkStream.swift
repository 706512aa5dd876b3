import TuskCore
import TuskHTTP
import TuskStore
import TuskTelemetry

/// A streamed bulk request: lines in, lines out, in order, in constant memory.
///
/// What has arrived while the statement before was under way makes the next one, as with single enqueues, so a client
/// may wait for each answer before it sends the next line. It has to read the answers while it sends: once it takes
/// none for `HTTPLimits.writeTimeout`, the connection ends.
struct BulkStream {
    let call: Call
    let store: Store
    let effects: EnqueueEffects
    let configuration: APIConfiguration
    let logger: Logger
    let tracer: Tracer?

    /// Runs until the body ends. Blocks.
    func run(_ body: HTTPBodyStream) {
        let writer = call.responder.beginStream(
            status: 200,
            headers: [
                ("Content-Type", MediaType.ndjson.rawValue), ("Cache-Control", "no-store"),
                ("X-Content-Type-Options", "nosniff"), (RequestID.field, call.requestID),
            ]
        )
        let parent = JobDecoder.traceparent(call.request)
        let span = SendSpan(tracer, below: parent)
        defer { span?.end(queues: [], count: nil) }
        let traceparent = span?.traceparent ?? parent
        var splitter = LineSplitter(lineBytesMax: configuration.lineBytesMax)
        do throws(HTTPStreamError) {
            while let piece = try body.read() {
                try answer(splitter.feed(piece), traceparent, writer)
            }
            try answer(splitter.finish(), traceparent, writer)
            writer.finish()
        } catch {
            // What was answered is committed; the client sees an answer that breaks off.
            logger.info(
                "a bulk request broke off",
                ["request_id": .text(call.requestID), "reason": .text("\(error)")]
            )
        }
    }

    /// Answers lines, a batch at a time.
    private func answer(
        _ lines: [LineSplitter.Line],
        _ traceparent: String?,
        _ writer: HTTPStreamWriter
    ) throws(HTTPStreamError) {
        var batch: [BulkLine] = []
        var bytes = 0
        for line in lines {
            let next = BulkLine(
                line,
                lineBytesMax: configuration.lineBytesMax,
                principal: call.principal,
                traceparent: traceparent
            )
            if batch.count == configuration.batchJobsMax || bytes + next.bytes > configuration.batchBytesMax {
                try writer.write(run(batch))
                (batch, bytes) = ([], 0)
            }
            batch.append(next)
            bytes += next.bytes
        }
        if !batch.isEmpty { try writer.write(run(batch)) }
    }

    /// What becomes of a line.
    private enum Outcome {
        case enqueued(EnqueuedJob, isReplay: Bool)
        case refused(Problem)
    }

    /// Enqueues a batch and returns its answers.
    private func run(_ batch: [BulkLine]) -> [UInt8] {
        var outcomes = [Outcome?](repeating: nil, count: batch.count)
        var plain: [(place: Int, job: NewJob)] = []
        var keyed: [(place: Int, request: KeyedRequest)] = []
        for (place, line) in batch.enumerated() {
            switch line.content {
            case .plain(let job): plain.append((place, job))
            case .keyed(let request): keyed.append((place, request))
            case .refused(let problem): outcomes[place] = .refused(problem)
            }
        }
        var tally = EnqueueEffects.Tally()
        for (item, result) in zip(plain, enqueue(plain.map(\.job))) {
            outcomes[item.place] = outcome(result, item.job, &tally)
        }
        for (item, result) in zip(keyed, enqueue(keyed.map(\.request))) {
            outcomes[item.place] = outcome(result, item.request, &tally)
        }
        effects.follow(tally)
        return Self.text(batch, outcomes)
    }

    private func enqueue(_ jobs: [NewJob]) -> [Result<EnqueuedJob, StoreError>] {
        run(jobs) { session, jobs throws(StoreError) in try session.enqueue(Array(jobs)) }
    }

    private func enqueue(_ requests: [KeyedRequest]) -> [Result<KeyedAnswer, StoreError>] {
        run(requests) { session, requests throws(StoreError) in try session.enqueue(keyed: Array(requests)) }
    }

    private func run<Item, Answer>(
        _ items: [Item],
        _ work: (StoreSession, ArraySlice<Item>) throws(StoreError) -> [Answer]
    ) -> [Result<Answer, StoreError>] {
        guard !items.isEmpty else { return [] }
        let results = SplitRun.run(items[...]) { items throws(StoreError) in
            try store.withSession { session throws(StoreError) in try work(session, items) }
        }
        // One line for all: a failure of the database hits the whole batch.
        for case .failure(let error) in results {
            effects.metrics.note(error)
            logger.log(
                error.isTransient ? .warning : .error,
                "cannot enqueue lines",
                ["error": .text(error.description), "request_id": .text(call.requestID)]
            )
            break
        }
        return results
    }

    private func outcome(
        _ result: Result<EnqueuedJob, StoreError>,
        _ job: NewJob,
        _ tally: inout EnqueueEffects.Tally
    ) -> Outcome {
        switch result {
        case .success(let enqueued):
            tally.accept(job, enqueued)
            return .enqueued(enqueued, isReplay: false)
        case .failure(let error): return .refused(Problem(error))
        }
    }

    private func outcome(
        _ result: Result<KeyedAnswer, StoreError>,
        _ request: KeyedRequest,
        _ tally: inout EnqueueEffects.Tally
    ) -> Outcome {
        switch result {
        case .success(let answer):
            tally.note(request.jobs, answer)
            switch answer {
            case .accepted(let jobs), .replayed(let jobs):
                guard let job = jobs.first else {
                    return .refused(Problem(StoreError.unreadable("an idempotency row")))
                }
                if case .replayed = answer { return .enqueued(job, isReplay: true) }
                return .enqueued(job, isReplay: false)
            case .inFlight: return .refused(IdempotencyKey.inFlight)
            case .otherRequest: return .refused(IdempotencyKey.mismatch)
            }
        case .failure(let error): return .refused(Problem(error))
        }
    }

    private static func text(_ batch: [BulkLine], _ outcomes: [Outcome?]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(batch.count * 64)
        for (line, outcome) in zip(batch, outcomes) {
            var writer = JSONWriter(capacity: 64)
            writer.beginObject()
            writer.member("index", line.index)
            switch outcome {
            case .enqueued(let job, let isReplay):
                writer.member("status", job.isDeduplicated ? 200 : 201)
                writer.member("id", job.id.description)
                job.writeDeduplication(to: &writer)
                if isReplay {
                    writer.key("replayed")
                    writer.bool(true)
                }
            case .refused(let problem):
                writer.member("status", problem.status)
                writer.key("problem")
                problem.write(to: &writer, requestID: nil)
            case nil:
                preconditionFailure("every line has an outcome")
            }
            writer.endObject()
            text += writer.bytes
            text.append(UInt8(ascii: "\n"))
        }
        return text
    }
}
