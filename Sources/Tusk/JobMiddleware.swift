import Synchronization

/// Something that is done around each attempt of a worker's jobs, whatever their kind: a trace, a line of a log, a
/// transaction.
///
/// It runs on the job's slot, as the handler does, and within the job's time. What it wants to hand to the handler goes
/// into a task-local value, which has a type.
public protocol JobMiddleware: Sendable {
    /// Runs around one attempt.
    ///
    /// Call `next` exactly once: it runs what is inside, and at last the handler. What `next` throws says what becomes
    /// of the job, so throw it on, unless another end is wanted; a throw before `next` ends the attempt without the
    /// handler, by the same rules as a throw of the handler. To return without having called `next` fails the attempt,
    /// as does a second call.
    func around(_ context: JobContext, _ next: () async throws -> Void) async throws
}

extension Handler {
    /// The same handler inside of these; the first of them is the outermost.
    func inside(_ layers: [any JobMiddleware]) -> Handler {
        layers.reversed().reduce(self) { inner, layer in
            Handler(kind: inner.kind, policy: inner.policy) { context in
                let calls = Atomic(0)
                try await layer.around(context) {
                    guard calls.add(1, ordering: .relaxed).oldValue == 0 else {
                        throw TuskError.configuration("\(type(of: layer)) ran a job of kind \(inner.kind) twice")
                    }
                    try await inner.perform(context)
                }
                guard calls.load(ordering: .relaxed) > 0 else {
                    throw TuskError.configuration("\(type(of: layer)) returned without running the job")
                }
            }
        }
    }
}
