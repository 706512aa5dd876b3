import Tusk
import TuskCore

/// Kinds for trying things out, which every worker of this program runs.
enum BuiltInKinds {
    /// A kind and what its jobs do.
    struct Entry: Sendable {
        let kind: Kind
        let perform: @Sendable (JobContext) async throws -> Void
    }

    static let all = [
        // Does nothing.
        Entry(kind: "tusk.noop") { _ in },
        // Its args are its result.
        Entry(kind: "tusk.echo") { context in context.setResult(context.rawArgs) },
    ]
}
