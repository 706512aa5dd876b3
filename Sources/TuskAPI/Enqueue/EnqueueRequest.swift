import TuskCore
import TuskHTTP
import TuskStore

/// A request for one job that waits for its batch, and how to answer it.
struct EnqueueRequest: Sendable {
    let call: Call
    let job: NewJob
    /// Set when it carries an idempotency key.
    let key: KeyedRequest?
    /// Set when it would wait for the end of the job.
    let wait: WaitPreference?
    /// Set while spans are taken.
    var span: SendSpan?

    /// An answer, with the job when there is one.
    struct Answer: Sendable {
        let response: HTTPResponse
        var job: JobID?
    }

    /// About what it takes of memory: the body as it came, the job's bytes and its fixed fields.
    var bytes: Int {
        512 + call.request.body.count + job.args.bytes.count + (job.metadata?.bytes.count ?? 0)
    }

    /// The answer when the job was enqueued, now or by an earlier request with the same key. It depends on nothing but
    /// the request and what is stored, so a repetition gets the same bytes.
    func answer(_ enqueued: EnqueuedJob, isReplay: Bool) -> Answer {
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
        if !isReplay, !enqueued.isDeduplicated { span?.end(job, enqueued.id) }
        return Answer(response: response, job: enqueued.id)
    }

    /// Enqueues the job by itself, in a session of its own, rather than in a batch: whoever it has to wait for is no
    /// concern of others. Blocks.
    func answer(by services: Services) -> Answer {
        var tally = EnqueueEffects.Tally()
        do throws(StoreError) {
            let answer: Answer? = try services.store.withSession { session throws(StoreError) in
                if let key {
                    guard let answer = try session.enqueue(keyed: [key]).first else { return nil }
                    tally.note([job], answer)
                    return self.answer(answer)
                }
                guard let enqueued = try session.enqueue([job]).first else { return nil }
                tally.accept(job, enqueued)
                return self.answer(enqueued, isReplay: false)
            }
            guard let answer else { preconditionFailure("the store answers each job") }
            services.effects.follow(tally)
            return answer
        } catch {
            return Answer(response: services.problem(error, call).response(requestID: call.requestID))
        }
    }

    /// The same for what became of a request with a key.
    func answer(_ answer: KeyedAnswer) -> Answer {
        switch answer {
        case .accepted(let jobs), .replayed(let jobs):
            guard let job = jobs.first else { return refusal(Problem(StoreError.unreadable("an idempotency row"))) }
            if case .replayed = answer { return self.answer(job, isReplay: true) }
            return self.answer(job, isReplay: false)
        case .inFlight: return refusal(IdempotencyKey.inFlight)
        case .otherRequest: return refusal(IdempotencyKey.mismatch)
        }
    }

    private func refusal(_ problem: Problem) -> Answer {
        Answer(response: problem.response(requestID: call.requestID))
    }
}
