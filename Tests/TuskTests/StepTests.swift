import TestSupport
import Testing
import Tusk
import TuskCore
import TuskStore

extension WorkerTests {
    @Suite struct StepTests {
        private struct Broken: Error {}

        private struct Receipt: Codable, Equatable, Sendable {
            var number: Int
            var note: String?
        }

        /// Runs jobs of the kind `walk` with a handler until the one enqueued is in a state.
        private func run(
            until state: JobState,
            _ perform: @escaping @Sendable (JobContext) async throws -> Void,
            _ check: @Sendable (WorkerBench, JobID) async throws -> Void = { _, _ in }
        ) async throws {
            try await withWorker(register: { $0.register("walk", perform) }) { bench in
                let id = try bench.enqueue(.test("walk", maxAttempts: 3, retry: .fixed(delay: .zero)))[0]
                try await bench.promote(until: id, is: state)
                try await check(bench, id)
            }
        }

        @Test func `a step that is done is not done again, and gives back what it gave`() async throws {
            let done = Box<[String]>([])
            let seen = Box<[Receipt]>([])
            try await run(until: .completed) { context in
                let receipt = try await context.step("charge:17") {
                    done.change { $0.append("charge") }
                    return Receipt(number: context.attempt, note: "naïve \"quoted\"")
                }
                seen.change { $0.append(receipt) }
                let nothing: Int? = try await context.step("none") { nil }
                #expect(nothing == nil)
                try await context.step("mail") { done.change { $0.append("mail") } }
                if context.attempt < 3 { throw Broken() }
            } _: { bench, id in
                #expect(done.value == ["charge", "mail"])
                #expect(seen.value == Array(repeating: Receipt(number: 1, note: "naïve \"quoted\""), count: 3))
                let steps = try bench.store.withSession { session throws(StoreError) in try session.steps(of: id) }
                #expect(steps.map(\.name) == ["charge:17", "none", "mail"])
                #expect(steps.map(\.value.text).suffix(2) == ["null", "null"])
            }
        }

        @Test func `a step that throws keeps nothing and is done again`() async throws {
            let tries = Box(0)
            try await run(until: .completed) { context in
                try await context.step("shaky") {
                    tries.change { $0 += 1 }
                    if context.attempt < 2 { throw Broken() }
                }
            } _: { bench, _ in
                #expect(tries.value == 2)
                let kept = try bench.count("job_step")
                #expect(kept == 1)
            }
        }

        @Test func `another type than the one that was kept is an error that names the step`() async throws {
            try await run(until: .discarded) { context in
                if context.attempt == 1 {
                    try await context.step("total") { "three" }
                    throw Broken()
                }
                try await context.step("total") { 3 }
            } _: { bench, id in
                let error = try #require(try bench.job(id)?.error)
                #expect(error.contains("step total of job \(id): what is stored is no Int"))
            }
        }

        @Test(
            arguments: [
                ("", "the name of a step must be"), ("a b", "the name of a step must be"),
                (String(repeating: "x", count: 129), "the name of a step must be"),
                ("twice", "step twice was begun already in this attempt"),
            ]
        )
        func `a name that is none, or is used twice in an attempt, is refused`(name: String, words: String) async throws
        {
            let bodies = Box(0)
            try await run(until: .discarded) { context in
                if name == "twice" { try await context.step(name) { 1 } }
                try await context.step(name) { bodies.change { $0 += 1 } }
            } _: { bench, id in
                let error = try #require(try bench.job(id)?.error)
                #expect(error.contains(words))
                #expect(bodies.value == 0)
            }
        }

        @Test func `a value that is too large is refused, and nothing is kept`() async throws {
            try await run(until: .discarded) { context in
                try await context.step("large") { String(repeating: "x", count: 65_535) }
            } _: { bench, id in
                let error = try #require(try bench.job(id)?.error)
                #expect(error.contains("65536"))
                let kept = try bench.count("job_step")
                #expect(kept == 0)
            }
        }

        @Test func `nothing is kept for a job that was told to stop, and no further step begins`() async throws {
            let errors = Box<[TuskError]>([])
            let gate = Gate()
            let bodies = Box(0)
            try await withWorker(register: { worker in
                worker.register("walk") { context in
                    for name in ["first", "second"] {
                        do {
                            try await context.step(name) {
                                bodies.change { $0 += 1 }
                                gate.pass()
                                while !context.isCancelled { Pausing.block(5) }
                            }
                        } catch let error as TuskError { errors.change { $0.append(error) } }
                    }
                }
            }) { bench in
                let id = try bench.enqueue(.test("walk"))[0]
                try await eventually { bodies.value == 1 }
                _ = try bench.store.withSession { session throws(StoreError) in
                    try session.cancel(id, by: "test", reason: nil)
                }
                gate.open()
                try await bench.wait(for: id, to: .cancelled)
                #expect(bodies.value == 1)
                #expect(errors.value.count == 2)
                for error in errors.value {
                    guard case .stopped = error else { return #expect(Bool(false), "\(error)") }
                }
                #expect(try bench.count("job_step") == 0)
            }
        }
    }
}
