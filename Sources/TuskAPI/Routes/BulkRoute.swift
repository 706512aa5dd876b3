import TuskCore
import TuskHTTP
import TuskStore

/// `POST /v1/jobs:bulk`: many jobs, either all or none from one JSON object, or line by line.
struct BulkRoute: Sendable {
    let services: Services

    var routes: [APIRoute] {
        let body = BodyRule.streamed(bytesMax: services.configuration.streamBodyBytesMax)
        return [APIRoute(.post, "/v1/jobs:bulk", .scope(.enqueue), body: body, handle: handle)]
    }

    private func handle(_ call: Call) {
        let type: MediaType
        do throws(Problem) {
            type = try MediaType.require([.json, .ndjson], call.request)
        } catch {
            return call.refuse(error)
        }
        let run: @Sendable () -> Void = {
            guard let body = call.responder.bodyStream else { preconditionFailure("the route streams its body") }
            switch type {
            case .ndjson: runStream(call, body)
            case .json, .mergePatch: runAtomic(call, body)
            }
        }
        services.streams.submit(Lanes.Work(run: run, refuse: { call.refuse($0) }))
    }

    private func runStream(_ call: Call, _ body: HTTPBodyStream) {
        guard call.request.headers[IdempotencyKey.field] == nil else {
            return call.refuse(
                .header(
                    IdempotencyKey.field,
                    code: "not_supported",
                    "A streamed request has no key of its own; each line may have an idempotency_key."
                )
            )
        }
        let stream = BulkStream(
            call: call,
            store: services.store,
            effects: services.effects,
            configuration: services.configuration,
            logger: services.logger,
            tracer: services.tracer
        )
        stream.run(body)
    }

    // All or none

    private func runAtomic(_ call: Call, _ body: HTTPBodyStream) {
        var bytes: [UInt8] = []
        do throws(HTTPStreamError) {
            while let piece = try body.read() {
                bytes += piece
                guard bytes.count <= services.configuration.bulkBodyBytesMax else { return call.refuse(tooLarge) }
            }
        } catch {
            // The server has answered, or there is nobody to answer.
            return
        }
        call.answer { call throws(Problem) in try response(call, bytes) }
    }

    private var tooLarge: Problem {
        let bytesMax = services.configuration.bulkBodyBytesMax
        return Problem(.bodyTooLarge, "A bulk request in JSON has at most \(bytesMax) bytes; NDJSON is streamed.")
    }

    private func response(_ call: Call, _ bytes: [UInt8]) throws(Problem) -> HTTPResponse {
        let document: JSONDocument
        do throws(JSONError) {
            let limits = JobDecoder.bulkLimits(bytesMax: services.configuration.bulkBodyBytesMax)
            document = try JSONDocument(validating: bytes, limits: limits)
        } catch {
            throw Problem(error)
        }
        let key = try IdempotencyKey.of(call.request)
        let parent = JobDecoder.traceparent(call.request)
        let span = SendSpan(services.tracer, below: parent)
        let jobs = try JobDecoder.jobs(
            document.root,
            jobsMax: min(services.configuration.bulkJobsMax, StoreSession.enqueueJobsMax),
            traceparent: span?.traceparent ?? parent
        )
        var tally = EnqueueEffects.Tally()
        let response: HTTPResponse
        if let key {
            let request = KeyedRequest(
                keyHash: key.hash(for: call.principal),
                fingerprint: IdempotencyKey.fingerprint("bulk", bytes),
                jobs: jobs
            )
            response = try enqueue(request, call, &tally)
        } else {
            response = try enqueue(jobs, call, &tally)
        }
        services.effects.follow(tally)
        if let span, !tally.accepted.isEmpty { span.end(queues: Set(jobs.map(\.queue)), count: jobs.count) }
        return response
    }

    private func enqueue(
        _ jobs: [NewJob],
        _ call: Call,
        _ tally: inout EnqueueEffects.Tally
    ) throws(Problem) -> HTTPResponse {
        let enqueued: [EnqueuedJob]
        do throws(StoreError) {
            enqueued = try services.store.withSession { session throws(StoreError) in try session.enqueue(jobs) }
        } catch {
            throw services.problem(error, call)
        }
        for (job, enqueued) in zip(jobs, enqueued) { tally.accept(job, enqueued) }
        return Self.created(enqueued)
    }

    private func enqueue(
        _ request: KeyedRequest,
        _ call: Call,
        _ tally: inout EnqueueEffects.Tally
    ) throws(Problem) -> HTTPResponse {
        let answers: [KeyedAnswer]
        do throws(StoreError) {
            answers = try services.store.withSession { session throws(StoreError) in
                try session.enqueue(keyed: [request])
            }
        } catch {
            throw services.problem(error, call)
        }
        guard let answer = answers.first else { preconditionFailure("the store answers each request") }
        tally.note(request.jobs, answer)
        switch answer {
        case .accepted(let jobs): return Self.created(jobs)
        case .replayed(let jobs):
            var response = Self.created(jobs)
            response.headers.append(IdempotencyKey.replayedField)
            return response
        case .inFlight: throw IdempotencyKey.inFlight
        case .otherRequest: throw IdempotencyKey.mismatch
        }
    }

    private static func created(_ jobs: [EnqueuedJob]) -> HTTPResponse {
        .object(201) { writer in
            writer.member("jobs", Array(jobs.enumerated())) { writer, item in
                writer.member("index", item.offset)
                writer.member("status", item.element.isDeduplicated ? 200 : 201)
                writer.member("id", item.element.id.description)
                writer.member("state", item.element.state.rawValue)
                item.element.writeDeduplication(to: &writer)
            }
        }
    }
}
