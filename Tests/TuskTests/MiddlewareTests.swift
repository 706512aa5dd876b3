import TestSupport
import Testing
import Tusk
import TuskCore
import TuskStore

/// Notes when it begins and ends, and calls what is inside so often.
private struct Noting: JobMiddleware {
    let name: String
    let notes: Box<[String]>
    var calls = 1

    func around(_ context: JobContext, _ next: () async throws -> Void) async throws {
        notes.change { $0.append("\(name)(") }
        defer { notes.change { $0.append(")\(name)") } }
        for _ in 0..<calls { try await next() }
    }
}

extension WorkerTests {
    @Suite struct MiddlewareTests {
        /// Runs a job of a handler inside of layers to its end; the notes and the job's error.
        private func run(
            _ layers: [(name: String, calls: Int)],
            _ perform: @escaping @Sendable (JobContext) async throws -> Void
        ) async throws -> (notes: [String], state: JobState?, error: String?) {
            let notes = Box<[String]>([])
            return try await withWorker(register: { worker in
                for layer in layers { worker.wrap(in: Noting(name: layer.name, notes: notes, calls: layer.calls)) }
                worker.register("walk") { context in
                    notes.change { $0.append("job") }
                    try await perform(context)
                }
            }) { bench in
                let id = try bench.enqueue(.test("walk", maxAttempts: 1))[0]
                try await eventually { try bench.state(id)?.isFinal == true }
                let job = try bench.job(id)
                return (notes.value, job?.state, job?.error)
            }
        }

        @Test func `the first is the outermost, and what the handler throws decides`() async throws {
            let (notes, state, error) = try await run([("a", 1), ("b", 1)]) { _ in
                throw JobDirective.cancel(reason: "not wanted")
            }
            #expect(notes == ["a(", "b(", "job", ")b", ")a"])
            #expect(state == .cancelled)
            #expect(error?.contains("not wanted") == true)
        }

        @Test func `one that does not run the job fails the attempt`() async throws {
            let (notes, state, error) = try await run([("a", 0)]) { _ in }
            #expect(notes == ["a(", ")a"])
            #expect(state == .discarded)
            #expect(error == "Noting returned without running the job")
        }

        @Test func `one that runs the job twice fails the attempt, and the job ran once`() async throws {
            let (notes, state, error) = try await run([("a", 2)]) { _ in }
            #expect(notes == ["a(", "job", ")a"])
            #expect(state == .discarded)
            #expect(error == "Noting ran a job of kind walk twice")
        }
    }
}
