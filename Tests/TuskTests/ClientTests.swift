import Synchronization
import TestSupport
import Testing
import Tusk
import TuskCore
import TuskStore

private struct Send: JobHandler {
    struct Args: Codable, Sendable {
        var to: String
        var number: Int
    }

    static let kind: Kind = "send"
    let started: Box<[Int: ContinuousClock.Instant]>

    func perform(_ args: Args, _ context: JobContext) async throws {
        started.change { $0[args.number] = .now }
    }
}

extension WorkerTests {
    @Suite struct ClientTests {
        @Test func `a job enqueued on an idle worker starts within milliseconds`() async throws {
            let started = Box<[Int: ContinuousClock.Instant]>([:])
            try await withWorker(register: { $0.register(Send(started: started)) }) { bench in
                try await eventually { bench.worker.status.isListening }
                let client = Client(store: bench.database.store())
                defer { client.close() }
                var latencies: [Duration] = []
                for number in 0..<100 {
                    let start = ContinuousClock.now
                    try await client.enqueue(Send.self, Send.Args(to: "ada", number: number))
                    try await eventually { started.value[number] != nil }
                    latencies.append(start.duration(to: try #require(started.value[number])))
                    // Longer than signals of one queue are apart.
                    Pausing.block(25)
                }
                latencies.sort()
                print("enqueue to start: p50 \(latencies[50]), p99 \(latencies[98])")
                #expect(latencies[50] < .milliseconds(50))
            }
        }

        @Test func `many tasks may enqueue at once, and all options arrive`() async throws {
            try await withDatabase(.migrated) { database in
                let client = Client(store: database.store())
                var options = EnqueueOptions(queue: "mails", priority: try #require(Priority(rawValue: 2)))
                options.runAt = .after(.seconds(3600))
                options.maxAttempts = 3
                options.timeout = .seconds(5)
                options.tags = ["a", "b"]
                options.retry = .fixed(delay: .seconds(1))
                let sent = options
                let ids = try await withThrowingTaskGroup(of: JobID.self) { group in
                    for number in 0..<40 {
                        group.addTask {
                            try await client.enqueue(Send.self, Send.Args(to: "bob", number: number), sent)
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                client.close()
                #expect(Set(ids).count == 40)
                let session = try database.storeSession()
                let job = try #require(try session.job(ids[0]))
                #expect(job.queue == "mails" && job.priority == 2 && job.state == .scheduled)
                #expect(job.maxAttempts == 3 && job.tags == ["a", "b"])
            }
        }

        @Test func `mistakes are told before anything is sent`() async throws {
            try await withDatabase(.migrated) { database in
                let client = Client(store: database.store())
                var options = EnqueueOptions()
                options.maxAttempts = 0
                let wrong = options
                await #expect(throws: TuskError.self) {
                    try await client.enqueue(Send.self, Send.Args(to: "", number: 0), wrong)
                }
                let long = Send.Args(to: String(repeating: "x", count: 70_000), number: 0)
                await #expect(throws: TuskError.self) { try await client.enqueue(Send.self, long) }
                let nothing = try await client.enqueue([])
                #expect(nothing.isEmpty)
                client.close()
                await #expect(throws: TuskError.closed) {
                    try await client.enqueue(Send.self, Send.Args(to: "", number: 0))
                }
                #expect(try database.number("select count(*) from tusk.job") == 0)
            }
        }
    }
}
