/// A registered handler without its type.
struct Handler: Sendable {
    let kind: Kind
    let policy: HandlerPolicy
    /// Does one job; throws `UndecodableArgs` when the args are not what the handler takes.
    let perform: @Sendable (JobContext) async throws -> Void
}

extension Handler {
    /// A typed handler; its args are decoded when a job starts.
    init<Typed: JobHandler>(_ handler: Typed) {
        self.init(kind: Typed.kind, policy: Typed.policy) { context in
            let args = try TypedJSON.decode(Typed.Args.self, from: context.rawArgs)
            try await handler.perform(args, context)
        }
    }
}

/// The args of a job are not what its handler takes. The text says where and why.
struct UndecodableArgs: Error {
    let text: String
}
