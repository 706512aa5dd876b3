import TestSupport
import Testing
import Tusk
import TuskCore
import TuskStore

/// Greets somebody.
private struct Greet: JobHandler {
    struct Args: Codable, Sendable {
        var name: String
    }

    static let kind: Kind = "greet"
    static var policy: HandlerPolicy { HandlerPolicy(retry: .fixed(delay: .zero)) }
    let greeted: Box<[String]>

    func perform(_ args: Args, _ context: JobContext) async throws {
        greeted.change { $0.append(args.name) }
        try context.setResult(["length": args.name.count])
    }
}

private struct Broken: Error {}

extension WorkerTests {
    @Suite struct HandlerTests {
        @Test func `a typed handler gets its args and completes the job with its result`() async throws {
            let greeted = Box<[String]>([])
            try await withWorker(register: { $0.register(Greet(greeted: greeted)) }) { bench in
                let id = try bench.enqueue(.test("greet", args: #"{"name":"Ada"}"#))[0]
                try await bench.wait(for: id, to: .completed)
                #expect(greeted.value == ["Ada"])
                let job = try #require(try bench.job(id))
                #expect(job.result?.text == #"{"length":3}"#)
                #expect(job.attempt == 1)
                #expect(job.worker == bench.events.registrations.first)
            }
        }

        @Test func `args the handler cannot read cost attempts, and the job ends as discarded`() async throws {
            let greeted = Box<[String]>([])
            try await withWorker(register: { $0.register(Greet(greeted: greeted)) }) { bench in
                let id = try bench.enqueue(.test("greet", args: #"{"nam":"Ada"}"#, maxAttempts: 2))[0]
                try await bench.promote(until: id, is: .discarded)
                let job = try #require(try bench.job(id))
                #expect(job.attempt == 2)
                #expect(job.reason == "attempts")
                #expect(job.error?.contains(#"no value for "name""#) == true)
                #expect(greeted.value.isEmpty)
            }
        }

        @Test func `an error costs an attempt, and the job's own policy comes before its kind's`() async throws {
            let attempts = Box<[Int]>([])
            let policy = HandlerPolicy(retry: .fixed(delay: .seconds(3600)))
            try await withWorker(register: { worker in
                worker.register("flaky", policy: policy) { context in
                    attempts.change { $0.append(context.attempt) }
                    if context.attempt < 3 { throw Broken() }
                }
            }) { bench in
                let retry = RetryPolicy.list([.zero, .milliseconds(1)])
                let id = try bench.enqueue(.test("flaky", retry: retry))[0]
                try await bench.promote(until: id, is: .completed)
                #expect(attempts.value == [1, 2, 3])
                let past = try bench.store.withSession { session throws(StoreError) in try session.attempts(of: id) }
                #expect(past.map(\.ended) == ["failed", "failed"])
                #expect(past.first?.error == "Broken()")
                let slow = try bench.enqueue(.test("flaky"))[0]
                try await bench.wait(for: slow, to: .retryable)
                let delay = try bench.database.number("select extract(epoch from due_at - now()) from tusk.scheduled")
                #expect((3500...3600).contains(delay))
            }
        }

        @Test(
            arguments: [
                (.retry(after: .seconds(3600), reason: "busy"), .retryable, 1, nil, "busy"),
                (.snooze(for: .seconds(3600)), .retryable, 0, nil, nil),
                (.discard(reason: "nonsense"), .discarded, 1, "handler", "nonsense"),
                (.cancel(reason: "unwanted"), .cancelled, 1, "handler", "unwanted"),
            ] as [(JobDirective, JobState, Int, String?, String?)]
        )
        func `a handler says what becomes of its job`(
            _ directive: JobDirective,
            _ state: JobState,
            _ attempts: Int,
            _ reason: String?,
            _ error: String?
        ) async throws {
            try await withWorker(register: { $0.register("told") { _ in throw directive } }) { bench in
                let id = try bench.enqueue(.test("told"))[0]
                try await bench.wait(for: id, to: state)
                let job = try #require(try bench.job(id))
                #expect(job.attempt == attempts)
                #expect(job.reason == reason)
                if state.isFinal { #expect(job.error == error) }
            }
        }

        @Test func `the context tells what the job is`() async throws {
            let seen = Box<[String]>([])
            try await withWorker(register: { worker in
                worker.register("look") { context in
                    let left = context.remaining
                    let text =
                        "\(context.id) \(context.kind) \(context.queue) \(context.attempt)/\(context.maxAttempts)"
                    let rest = "\(context.priority.rawValue) \(context.rawArgs.text) \(left > .seconds(1700))"
                    seen.change { $0.append("\(text) \(rest) \(context.lease.rawValue > 0) \(context.isCancelled)") }
                }
            }) { bench in
                let id = try bench.enqueue(.test("look", args: "[ 1 ]", priority: 2, maxAttempts: 7))[0]
                try await bench.wait(for: id, to: .completed)
                #expect(seen.value == ["\(id) look default 1/7 2 [ 1 ] true true false"])
            }
        }

        @Test func `async handlers run and suspend on their slots`() async throws {
            try await withWorker(register: { worker in
                worker.register("async") { context in
                    await withTaskGroup(of: Void.self) { group in
                        for _ in 0..<3 { group.addTask { await Task.yield() } }
                    }
                    try context.setResult(context.rawArgs)
                }
            }) { bench in
                let ids = try bench.enqueue(count: 200, kind: "async", args: "7")
                try await eventually { try bench.unfinishedCount() == 0 }
                #expect(try bench.job(ids[150])?.result?.text == "7")
            }
        }

        @Test func `a result the database refuses keeps neither its job nor others from completing`() async throws {
            try await withWorker(register: { worker in
                worker.register("odd") { context in
                    // Not JSON at all: what a mistake in this library would have to look like.
                    try context.setResult(JSONText(trusted: Array("{".utf8)))
                }
                worker.register("noop") { _ in }
            }) { bench in
                let noops = try bench.enqueue(count: 20)
                let odd = try bench.enqueue(.test("odd"))[0]
                try await bench.wait(for: odd, to: .completed)
                #expect(try bench.job(odd)?.error == "what the handler left behind could not be stored")
                for id in noops { try await bench.wait(for: id, to: .completed) }
            }
        }
    }
}
