import TuskCore
import TuskHTTP
import TuskStore

/// A request for one job that waits for its batch, and how to answer it.
struct EnqueueRequest: Sendable {
    let call: Call
    let job: NewJob
    /// Set when it carries an idempotency key.
    let key: KeyedRequest?

    /// About what it takes of memory: the body as it came, the job's bytes and its fixed fields.
    var bytes: Int {
        512 + call.request.body.count + job.args.bytes.count + (job.metadata?.bytes.count ?? 0)
    }

    /// The answer when the job was enqueued, now or by an earlier request with the same key. It depends on nothing but
    /// the request and what is stored, so a repetition gets the same bytes.
    func response(_ enqueued: EnqueuedJob, isReplay: Bool) -> HTTPResponse {
        var response = HTTPResponse.object(enqueued.isDeduplicated ? 200 : 201) { writer in
            let id = enqueued.id.description
            writer.member("id", id)
            writer.member("state", enqueued.state.rawValue)
            writer.member("kind", job.kind.text)
            writer.member("queue", job.queue.text)
            writer.member("created_at", enqueued.createdAt)
            writer.member("run_at", ifPresent: enqueued.runAt)
            enqueued.writeDeduplication(to: &writer)
        }
        response.headers.append(("Location", "/v1/jobs/\(enqueued.id)"))
        if isReplay { response.headers.append(IdempotencyKey.replayedField) }
        return response
    }

    /// Enqueues the job by itself, in a session of its own, rather than in a batch: whoever it has to wait for is no
    /// concern of others. Blocks.
    func response(by services: Services) -> HTTPResponse {
        var tally = EnqueueEffects.Tally()
        do throws(StoreError) {
            let response: HTTPResponse? = try services.store.withSession { session throws(StoreError) in
                if let key {
                    guard let answer = try session.enqueue(keyed: [key]).first else { return nil }
                    tally.note([job], answer)
                    return self.response(answer)
                }
                guard let enqueued = try session.enqueue([job]).first else { return nil }
                tally.accept(job, enqueued)
                return self.response(enqueued, isReplay: false)
            }
            guard let response else { preconditionFailure("the store answers each job") }
            services.effects.follow(tally)
            return response
        } catch {
            return services.problem(error, call).response(requestID: call.requestID)
        }
    }

    /// The same for what became of a request with a key.
    func response(_ answer: KeyedAnswer) -> HTTPResponse {
        switch answer {
        case .accepted(let jobs), .replayed(let jobs):
            guard let job = jobs.first else { return response(.failure(.unreadable("an idempotency row"))) }
            if case .replayed = answer { return response(job, isReplay: true) }
            return response(job, isReplay: false)
        case .inFlight: return IdempotencyKey.inFlight.response(requestID: call.requestID)
        case .otherRequest: return IdempotencyKey.mismatch.response(requestID: call.requestID)
        }
    }

    /// The answer to whatever came of a request without a key.
    func response(_ result: Result<EnqueuedJob, StoreError>) -> HTTPResponse {
        switch result {
        case .success(let job): response(job, isReplay: false)
        case .failure(let error): Problem(error).response(requestID: call.requestID)
        }
    }
}
