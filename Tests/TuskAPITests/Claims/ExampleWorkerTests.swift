import Foundation
import TestSupport
import Testing
import TuskCore
import TuskStore

@testable import TuskAPI

struct ExampleWorkerTests {
    private static let script = URL(filePath: #filePath).appending(path: "../../../../deploy/examples/worker.py")
        .standardized
    /// Threads of Dispatch, which run tests, block signals, and what they start inherits that.
    private static let runner =
        "import runpy, signal, sys; "
        + "signal.pthread_sigmask(signal.SIG_SETMASK, []); runpy.run_path(sys.argv[1], run_name='__main__')"

    @Test func `the Python worker of the examples works, is told of errors, and stops without a loss`() async throws {
        try await withAPI { api in
            let key = try api.key([.work]).text
            let good = try api.enqueue(#"{"kind":"greet","args":{"name":"Ada"}}"#)
            let bad = try api.enqueue(#"{"kind":"greet","max_attempts":1}"#)
            let python = try ServiceProcess(
                "/usr/bin/python3",
                ["-c", Self.runner, Self.script.path],
                environment: ["TUSK_URL": "http://\(api.address)", "TUSK_KEY": key]
            )
            try await eventually(within: .seconds(30), "both jobs end") {
                try api.read("state", of: good) == "completed" && api.read("state", of: bad) == "discarded"
            }
            #expect(try api.read("result", of: good) == #"{"greeting": "Hello, Ada"}"#)
            #expect(try api.read("error", of: bad) == "KeyError('name')")
            python.send(SIGTERM)
            #expect(try python.waitForEnd() == 0, "\(python.output)")
            #expect(python.output.isEmpty)
            let late = try api.enqueue(#"{"kind":"greet","args":{"name":"Bob"}}"#)
            #expect(try api.read("state", of: late) == "available")
            #expect(try api.database.number("select count(*) from tusk.lease") == 0)
        }
    }
}
