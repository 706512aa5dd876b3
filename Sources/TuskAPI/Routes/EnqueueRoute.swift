import TuskCore
import TuskHTTP
import TuskStore

/// `POST /v1/jobs`: one job.
struct EnqueueRoute: Sendable {
    let services: Services

    /// A body up to this size is read on the server's thread: some microseconds, less than a change of threads takes.
    private static let quickBytesMax = 16 << 10

    var routes: [APIRoute] {
        let body = BodyRule.buffered(bytesMax: services.configuration.bodyBytesMax)
        return [APIRoute(.post, "/v1/jobs", .scope(.enqueue), body: body, handle: handle)]
    }

    private func handle(_ call: Call) {
        if call.request.body.count <= Self.quickBytesMax {
            submit(call)
        } else {
            services.lanes.submit(Lanes.Work(run: { submit(call) }, refuse: { call.refuse($0) }))
        }
    }

    private func submit(_ call: Call) {
        do throws(Problem) {
            let request = try request(call)
            guard request.job.isApart else { return services.coalescer.submit(request) }
            let run: @Sendable () -> Void = { services.waiting.answer(request, request.answer(by: services)) }
            services.lanes.submit(Lanes.Work(run: run, refuse: { call.refuse($0) }))
        } catch {
            call.refuse(error)
        }
    }

    private func request(_ call: Call) throws(Problem) -> EnqueueRequest {
        let document = try call.json(limits: JobDecoder.jobLimits)
        let key = try IdempotencyKey.of(call.request)
        var job = try JobDecoder.job(document.root, traceparent: JobDecoder.traceparent(call.request))
        let span = SendSpan(services.tracer, below: job.traceparent)
        if let span { job.traceparent = span.traceparent }
        let keyed = key.map { key in
            KeyedRequest(
                keyHash: key.hash(for: call.principal),
                fingerprint: IdempotencyKey.fingerprint("job", call.request.body),
                jobs: [job]
            )
        }
        return EnqueueRequest(call: call, job: job, key: keyed, wait: WaitPreference.of(call.request), span: span)
    }
}
