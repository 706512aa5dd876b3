import Foundation
import Testing
import TuskCore
import TuskTasks

@testable import TuskCommand

@Suite struct CommandSectionsTests {
    private func file(_ text: String) throws -> ConfigurationFile {
        try ConfigurationFile(path: "x.toml", SmallFile.Contents(bytes: Array(text.utf8), isWorldReadable: false))
    }

    @Test func `the example of the README is what it says`() throws {
        let root = URL(filePath: #filePath).appending(path: "../../..").standardized
        let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        let example = try #require(readme.components(separatedBy: "```toml\n").first { $0.hasPrefix("[commands.") })
        let spec = try #require(try file(example.components(separatedBy: "```")[0]).commands.first)
        #expect(spec.kind == "resize_image")
        #expect(spec.arguments == ["/usr/local/bin/resize", "--quality", "80"])
        #expect(spec.variables == ["IMAGES": "/srv/images"])
        #expect(spec.timeout == .seconds(300))
        #expect(spec.cpuSeconds == 120)
        #expect(spec.memoryBytes == 512 << 20)
        #expect(spec.processesMax == 16)
        #expect(spec.outputBytesMax == 1 << 20)
        let plain = CommandSpec(kind: "x", arguments: ["/bin/true"])
        #expect(plain.processesMax == 64)
        #expect(plain.outputBytesMax == 8 << 20)
        #expect(plain.grace == .seconds(3))
    }

    @Test(arguments: [
        ("command = [\"resize\"]", "x.toml:2: commands.a.b.command must be an array"),
        ("command = \"/bin/true\"", "x.toml:2: commands.a.b.command must be an array"),
        ("processes = 4", "x.toml:2: [commands.a.b] has no command"),
        ("processes = 0", "x.toml:2: commands.a.b.processes must be a whole number from 1 to 10000"),
        ("directory = \"tmp\"", "x.toml:2: commands.a.b.directory must be an absolute path"),
        ("environment = [\"TUSK_LEASE=1\"]", "x.toml:2: commands.a.b.environment must be texts like"),
        ("environment = [\"A=1\", \"A=2\"]", "x.toml:2: commands.a.b.environment must be texts like"),
        ("timeout = \"0s\"", "x.toml:2: commands.a.b.timeout must be a time"),
        ("shell = true", "x.toml:2: commands.a.b.shell is no setting of a command"),
    ])
    func `a command that is not right is refused with its line`(line: String, words: String) throws {
        let error = #expect(throws: CommandError.self) { try file("[commands.a.b]\n\(line)\n") }
        #expect(error?.message.hasPrefix(words) == true, "\(error?.message ?? "")")
        #expect(error?.code == .configuration)
    }

    @Test func `kinds of Tusk's own are not for commands`() throws {
        let error = #expect(throws: CommandError.self) { try file("[commands.data.import]\ncommand = [\"/bin/true\"]") }
        #expect(error?.message.contains("must not begin like a kind of Tusk's own") == true)
    }
}
