import Tusk
import TuskCore

/// Kinds for trying things out, which every worker of this program runs.
enum BuiltInKinds {
    /// A kind and what its jobs do.
    struct Entry: Sendable {
        let kind: Kind
        let perform: @Sendable (JobContext) async throws -> Void
    }

    /// The longest sleep of `tusk.sleep`; its timeout comes first unless the job has a longer one.
    private static let sleepSecondsMax = 86_400.0
    /// How soon a sleeper notices that it was told to stop.
    private static let step = Duration.milliseconds(50)

    static let all = [
        // Does nothing.
        Entry(kind: "tusk.noop") { _ in },
        // Its args are its result.
        Entry(kind: "tusk.echo") { context in try context.setResult(context.rawArgs) },
        // Sleeps for as long as its args say, `{"seconds": 2.5}`, and ends early when it is told to stop.
        Entry(kind: "tusk.sleep", perform: rest),
    ]

    @Sendable private static func rest(_ context: JobContext) async throws {
        let document = try JSONDocument(validating: context.rawArgs.bytes, limits: .args)
        guard let seconds = document.root.member("seconds")?.double, (0...sleepSecondsMax).contains(seconds) else {
            throw JobDirective.discard(reason: "args must be like {\"seconds\": 2.5}, up to \(Int(sleepSecondsMax))")
        }
        let start = ContinuousClock.now
        let end = start.advanced(by: .seconds(seconds))
        while ContinuousClock.now < end {
            try context.checkCancelled()
            // A handler may block the thread of its slot.
            Pause.wait(min(step, ContinuousClock.now.duration(to: end)))
            context.progress(min(1, start.duration(to: .now) / .seconds(seconds)))
        }
    }
}
