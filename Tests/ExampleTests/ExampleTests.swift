import Foundation
import TestSupport
import Testing
import Tusk
import TuskPostgres

/// The examples of the documents do what the documents say.
@Suite struct ExampleTests {
    private static let root = URL(filePath: #filePath).appending(path: "../../..").standardized

    @Test(arguments: ["README.md", "Sources/Tusk/Documentation.docc/Handlers.md"])
    func `every block of Swift in the documents is in the examples, line by line`(document: String) throws {
        let text = try String(contentsOf: Self.root.appending(path: document), encoding: .utf8)
        let file = Self.root.appending(path: "Tests/ExampleTests/Examples.swift")
        let example = "\n" + Self.lines(try String(contentsOf: file, encoding: .utf8)).joined(separator: "\n") + "\n"
        let blocks = text.components(separatedBy: "```swift\n").dropFirst()
        #expect(blocks.count >= 2)
        for block in blocks {
            let code = try #require(block.components(separatedBy: "```").first)
            for paragraph in code.components(separatedBy: "\n\n") {
                let lines = Self.lines(paragraph).filter { !$0.isEmpty }
                #expect(example.contains("\n" + lines.joined(separator: "\n") + "\n"), "\(document): \(lines)")
            }
        }
    }

    /// Without what they are indented by.
    private static func lines(_ text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.trimmingCharacters(in: .whitespaces) }
    }

    @Test func `the worker of the README runs its jobs`() async throws {
        try await withDatabase(.migrated) { database in
            let url = database.connectionString.textWithPassword
            let worker = try startWorker(url)
            let client = try Client(connecting: url)
            let sent = try await client.enqueue(SendEmail.self, .init(to: "x@example.org"))
            let refused = try await client.enqueue(SendEmail.self, .init(to: "nobody"))
            try await eventually(within: .seconds(10), "the ends") {
                try Self.state(sent, database) == "completed" && Self.state(refused, database) == "discarded"
            }
            let words = try database.texts("select message from tusk.job_log where id = \(sent) order by line")
            #expect(words == ["to x@example.org, attempt 1"])
            await worker.stop()
        }
    }

    @Test func `an order whose mail fails charges once, for the tenant of its tags`() async throws {
        try await withDatabase(.migrated) { database in
            let url = database.connectionString.textWithPassword
            let bank = Bank()
            let worker = try Worker(WorkerConfiguration(), connecting: url)
            worker.wrap(in: TenantOfTags())
            worker.wrap(in: Timing())
            worker.register(Order(bank: bank))
            worker.start()
            let insert = """
                select tusk.enqueue('order', '{"cents": 5}', retry => '{"policy": "fixed", "delay_seconds": 0}'
                """
            let paid = try database.number("\(insert), tags => '{tenant:7}')")
            let lost = try database.number("\(insert))")
            let scheduler = try ServiceProcess("tusk", ["scheduler"], environment: ["DATABASE_URL": url])
            try await eventually(within: .seconds(20), "the ends") {
                let states = "select state::text from tusk.jobs where id in (\(paid), \(lost)) order by id"
                return try database.texts(states) == ["completed", "discarded"]
            }
            #expect(bank.account.calls == 1)
            let took = "select count(*) from tusk.job_log where message like 'took %' and id ="
            #expect(try database.number("\(took) \(paid)") == 2)
            #expect(try database.number("\(took) \(lost)") == 0)
            #expect(bank.account.mails == ["receipt of \(paid):charge"])
            scheduler.send(SIGTERM)
            #expect(try scheduler.waitForEnd() == 0)
            await worker.stop()
        }
    }

    private static func state(_ id: JobID, _ database: TestDatabase) throws -> String? {
        try database.texts("select state::text from tusk.jobs where id = \(id)").first
    }
}
