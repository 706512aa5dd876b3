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
    static var policy: HandlerPolicy { HandlerPolicy(retry: .fixed(delay: .milliseconds(10))) }
    let greeted: Box<[String]>

    func perform(_ args: Args, _ context: JobContext) async throws {
        greeted.change { $0.append(args.name) }
        try context.setResult(["length": args.name.count])
    }
}

@Suite struct HandlerTests {
    @Test func `a typed handler gets its args and completes the job with its result`() async throws {
        let greeted = Box<[String]>([])
        try await withWorker(register: { $0.register(Greet(greeted: greeted)) }) { bench in
            let id = try bench.enqueue(.test("greet", args: #"{"name":"Ada"}"#))[0]
            try await bench.wait(for: id, to: .completed)
            #expect(greeted.value == ["Ada"])
            #expect(try bench.job(id)?.result?.text == #"{"length":3}"#)
        }
    }
}
