import Foundation
import Testing
import TuskCore
import TuskTasks

@testable import TuskCommand

@Suite struct WebhookSectionsTests {
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    private func file(_ text: String) throws -> ConfigurationFile {
        try ConfigurationFile(path: "x.toml", SmallFile.Contents(bytes: Array(text.utf8), isWorldReadable: false))
    }

    @Test func `the example of the README is what it says`() throws {
        let root = URL(filePath: #filePath).appending(path: "../../..").standardized
        let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        let example = try #require(readme.components(separatedBy: "```toml\n").first { $0.hasPrefix("[webhooks.") })
        let webhook = try #require(try file(example.components(separatedBy: "```")[0]).webhooks.first)
        #expect(webhook.kind == "send_invoice")
        #expect(webhook.url == "https://billing.example.com/jobs")
        #expect(webhook.timeout == .seconds(20))
        guard case .file("/etc/tusk/billing.secrets") = webhook.secrets else {
            Issue.record("the secrets are elsewhere")
            return
        }
        let plain = try file("[webhooks.a]\nurl = \"https://a/\"\nsecrets = [\"\(Self.secret)\"]").webhooks.first
        #expect(plain?.timeout == .seconds(30))
    }

    @Test(arguments: [
        ("url = \"ftp://a/\"", "x.toml:2: webhooks.a.b.url must start with https:// or http://"),
        ("url = \"https://u:\(secret)@a/\"", "x.toml:2: webhooks.a.b.url must not have a user or password"),
        ("url = \"https://a:22/\"", "x.toml:2: webhooks.a.b.url must not have this port"),
        ("url = 7", "x.toml:2: webhooks.a.b.url must be a URL in quotes"),
        ("url = \"https://a/\"", "x.toml:2: [webhooks.a.b] has no secrets, secrets_file or secrets_variable"),
        ("secrets = [\"\(secret)\"]", "x.toml:2: [webhooks.a.b] has no url"),
        ("secrets = \"\(secret)\"", "x.toml:2: webhooks.a.b.secrets must be an array of 1 to 8 secrets"),
        ("secrets = []", "x.toml:2: webhooks.a.b.secrets must be an array of 1 to 8 secrets"),
        ("secrets = [\"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"]", "x.toml:2: webhooks.a.b.secrets must be an array"),
        ("secrets = [\"\(secret)\", \"whsec_MfKQ\"]", "x.toml:2: webhooks.a.b.secrets must be an array"),
        ("secrets_file = \"secrets\"", "x.toml:2: webhooks.a.b.secrets_file must be an absolute path"),
        ("secrets_variable = \"TUSK_X\"", "x.toml:2: webhooks.a.b.secrets_variable must be the name"),
        (
            "secrets_variable = \"A\"\nsecrets_file = \"/a\"",
            "x.toml:3: webhooks.a.b.secrets_file names the secrets a second"
        ),
        ("timeout = \"0s\"", "x.toml:2: webhooks.a.b.timeout must be a time"),
        ("method = \"GET\"", "x.toml:2: webhooks.a.b.method is no setting of a webhook; there are url, secrets"),
    ])
    func `a webhook that is not right is refused with its line`(line: String, words: String) throws {
        let error = #expect(throws: CommandError.self) { try file("[webhooks.a.b]\n\(line)\n") }
        #expect(error?.message.hasPrefix(words) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("MfKQ") == false)
        #expect(error?.code == .configuration)
    }

    @Test(arguments: ["tusk.noop", "data.import", "http.request", "sql.call"])
    func `kinds of Tusk's own are not for webhooks`(kind: String) throws {
        let error = #expect(throws: CommandError.self) { try file("[webhooks.\(kind)]\nurl = \"https://a/\"") }
        let words = "x.toml:2: webhooks.\(kind).url must not begin like a kind of Tusk's own"
        #expect(error?.message.hasPrefix(words) == true)
    }

    @Test func `a kind is run by one thing`() throws {
        let webhook = "[webhooks.a]\nurl = \"https://a/\"\nsecrets = [\"\(Self.secret)\"]\n"
        let error = #expect(throws: CommandError.self) { try file("\(webhook)[commands.a]\ncommand = [\"/bin/true\"]") }
        #expect(error?.message == "x.toml:2: [webhooks.a] is of the same kind as [commands.a] in line 5")
        #expect(throws: CommandError.self) { try file(webhook + webhook) }
    }

    @Test func `there is a limit to how many there are`() throws {
        let sections = { (count: Int) in
            (0..<count).map { "[webhooks.k\($0)]\nurl = \"https://a/\"\nsecrets = [\"\(Self.secret)\"]\n" }.joined()
        }
        #expect(try file(sections(100)).webhooks.count == 100)
        let error = #expect(throws: CommandError.self) { try file(sections(101)) }
        #expect(error?.message.contains("webhooks.k100.url is one webhook too many; 100 are the most") == true)
    }

    // MARK: Where secrets are

    private func webhook(_ source: String) throws -> WebhookEntry {
        try #require(try file("[webhooks.a]\nurl = \"https://a/\"\n\(source)").webhooks.first)
    }

    @Test func `secrets are read from a file or a variable`() throws {
        let other = "whsec_\(String(repeating: "AAEC", count: 10))"
        #expect(try webhook("secrets = [\"\(Self.secret)\", \"\(other)\"]").spec([:]).keys.count == 2)
        let variable = try webhook("secrets_variable = \"BILLING\"")
        #expect(try variable.spec(["BILLING": "\(other) \(Self.secret)"]).keys.count == 2)
        try withTemporaryDirectory { directory in
            try Data("\(Self.secret)\n\(other)\n".utf8).write(to: URL(filePath: "\(directory)/secrets"))
            #expect(try webhook("secrets_file = \"\(directory)/secrets\"").spec([:]).keys.count == 2)
        }
    }

    @Test func `secrets that are not there or none are refused, and not shown`() throws {
        let variable = try webhook("secrets_variable = \"BILLING\"")
        let words = "x.toml:3: webhooks.a.secrets_variable"
        #expect(throws: CommandError(.configuration, "\(words) names BILLING, which is not set")) {
            try variable.spec([:])
        }
        for text in ["hunter2", "\(Self.secret) hunter2", String(repeating: "\(Self.secret) ", count: 9), " "] {
            let error = #expect(throws: CommandError.self) { try variable.spec(["BILLING": text]) }
            #expect(error?.message.hasPrefix("\(words) must name 1 to 8 secrets") == true)
            #expect(error.map { "\($0)" }?.contains("hunter2") == false)
            #expect(error.map { "\($0)" }?.contains("MfKQ") == false)
        }
        let error = #expect(throws: CommandError.self) { try webhook("secrets_file = \"/nowhere\"").spec([:]) }
        #expect(error?.message == "x.toml:3: webhooks.a.secrets_file names /nowhere, which does not exist")
    }

    @Test func `secrets in a file for everybody are warned of`() throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/tusk.toml"
            let text = "[webhooks.a]\nurl = \"https://a/\"\nsecrets = [\"\(Self.secret)\"]"
            try Data(text.utf8).write(to: URL(filePath: path))
            for (mode, count) in [(0o644, 1), (0o600, 0)] as [(mode_t, Int)] {
                chmod(path, mode)
                let configuration = try Configuration(Option.settings, .init(flags: ["config": [path]]))
                #expect(configuration.warnings.count == count)
                #expect(configuration.warnings.allSatisfy { $0.contains("holds secrets of webhooks") })
            }
        }
    }

    @Test func `tusk config checks secrets and does not show them`() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "tusk-\(UUID()).toml")
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: path) } }
        let text =
            "[webhooks.a]\nurl = \"https://a/\"\nsecrets_variable = \"BILLING\"\n"
            + "[webhooks.b]\nurl = \"https://b/\"\nsecrets = [\"\(Self.secret)\"]\n"
        try Data(text.utf8).write(to: path)
        for (secrets, status) in [(Self.secret, 0), ("hunter2", 78)] as [(String, Int32)] {
            for words in [["check"], ["show"], ["show", "-o", "json"]] {
                let ended = try await TuskProcess.run(
                    ["config"] + words + ["--config", path.path],
                    environment: ["BILLING": secrets]
                )
                #expect(ended.status == (words == ["check"] ? status : 0), "\(words) \(ended.errors)")
                let said = ended.output + ended.errors
                #expect(!said.contains("hunter2") && !said.contains("MfKQ"))
            }
        }
    }
}
