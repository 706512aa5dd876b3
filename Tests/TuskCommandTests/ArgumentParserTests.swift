import Testing

@testable import TuskCommand

/// Command lines taken apart by the real table of commands.
struct ArgumentParserTests {
    private func parse(_ line: String...) throws(CommandError) -> Request {
        try ArgumentParser.parse(line, commands: CommandTable.all)
    }

    private func invocation(_ line: String...) throws -> Invocation {
        guard case .run(let invocation) = try ArgumentParser.parse(line, commands: CommandTable.all) else {
            throw CommandError(.failure, "not an invocation")
        }
        return invocation
    }

    @Test func `options may stand before, between and behind words`() throws {
        let lines = [
            ["-o", "json", "job", "list", "--state", "running"],
            ["job", "--output", "json", "list", "--state", "running"],
            ["job", "list", "--state=running", "-ojson"],
        ]
        for line in lines {
            guard case .run(let invocation) = try ArgumentParser.parse(line, commands: CommandTable.all) else {
                Issue.record("\(line) asks for help")
                continue
            }
            #expect(invocation.command.name == "job list", "\(line)")
            #expect(invocation.given == ["output": ["json"], "state": ["running"]], "\(line)")
        }
    }

    @Test func `letters without values may stand together`() throws {
        #expect(
            try invocation("job", "list", "-qvn5").given == ["quiet": ["true"], "verbose": ["true"], "limit": ["5"]]
        )
    }

    @Test func `an option that may be given again keeps all its values`() throws {
        #expect(try invocation("job", "add", "k", "--tag", "a", "--tag=b").given["tag"] == ["a", "b"])
    }

    @Test func `a value after an equals sign may be anything`() throws {
        #expect(try invocation("job", "add", "k", "--args=--=-").given["args"] == ["--=-"])
        #expect(try invocation("job", "add", "k", "--args", "-").given["args"] == ["-"])
        #expect(try invocation("job", "add", "k", "--args", "-1").given["args"] == ["-1"])
    }

    @Test func `after two dashes everything is a word`() throws {
        #expect(try invocation("job", "add", "--", "--help").operands == ["--help"])
        #expect(try invocation("job", "cancel", "1", "--", "-2").operands == ["1", "-2"])
    }

    @Test func `a command below another one is found`() throws {
        #expect(try invocation("worker").command.name == "worker")
        #expect(try invocation("worker", "list").command.name == "worker list")
        #expect(throws: CommandError.self) { try invocation("worker", "--concurrency", "3", "list") }
    }

    @Test(
        arguments: [
            (["jb", "list"], "unknown command \"jb\"", "Did you mean tusk job?"),
            (["job", "lst"], "unknown command \"job lst\"", "Did you mean tusk job list?"),
            (["xyzzy"], "unknown command \"xyzzy\"", "Run tusk --help for what there is."),
            (["job"], "job needs a command", "Run tusk job --help for what there is."),
            (["job", "list", "--stat", "x"], "unknown option \"--stat\"", "Did you mean --state?"),
            (["job", "list", "-x"], "unknown option \"-x\"", "Run tusk job list --help for how it is used."),
            (
                ["--state", "x", "job", "list"], "--state comes after the command it is for",
                "Run tusk --help for how it is used."
            ),
            (["job", "get"], "ID is missing", "Run tusk job get --help for how it is used."),
            (["job", "get", "1", "2"], "unexpected argument \"2\"", "Run tusk job get --help for how it is used."),
            (["job", "list", "--state"], "--state needs a value: --state", nil),
            (["job", "list", "--state", "--kind", "x"], "--state needs a value: --state", nil),
            (["job", "list", "--kind", "x", "--kind", "y"], "--kind is given twice", nil),
            (["version", "-q", "--quiet"], "--quiet is given twice", nil),
            (["worker", "list", "--concurrency", "2"], "unknown option \"--concurrency\"", nil),
        ] as [([String], String, String?)]
    )
    func `a wrong command line is explained and ends with 2`(line: [String], message: String, hint: String?) {
        do throws(CommandError) {
            _ = try ArgumentParser.parse(line, commands: CommandTable.all)
            Issue.record("\(line) was taken")
        } catch {
            #expect(error.code == .usage)
            #expect(error.message.hasPrefix(message), "\(error.message)")
            if let hint { #expect(error.hint == hint) }
        }
    }

    @Test func `a long command line of mistakes is answered at once`() {
        let word = String(repeating: "x", count: 100_000)
        #expect(throws: CommandError.self) { try ArgumentParser.parse([word], commands: CommandTable.all) }
        let many = [String](repeating: "1", count: 10_001)
        #expect(throws: CommandError.self) { try ArgumentParser.parse(many, commands: CommandTable.all) }
    }

    @Test(arguments: CommandTable.all.map(\.path))
    func `every command has help`(path: [String]) throws {
        guard case .help(let asked) = try ArgumentParser.parse(path + ["--help"], commands: CommandTable.all) else {
            Issue.record("no help")
            return
        }
        let lines = try HelpText.lines(about: asked, commands: CommandTable.all)
        let command = try #require(CommandTable.all.first { $0.path == path })
        #expect(lines.contains { $0.hasPrefix("usage: tusk \(command.name)") })
        for option in command.allOptions { #expect(lines.contains { $0.contains(option.flag) }, "\(option.flag)") }
        #expect(lines.allSatisfy { $0.count <= 120 }, "\(lines.filter { $0.count > 120 })")
    }

    @Test func `the overview names every command or its group`() throws {
        let lines = try HelpText.lines(about: [], commands: CommandTable.all)
        for command in CommandTable.all {
            #expect(lines.contains { $0.hasPrefix("  \(command.path[0]) ") }, "\(command.name)")
        }
    }

    @Test func `names and letters of options are unique in every command`() {
        for command in CommandTable.all {
            let names = command.allOptions.map(\.name)
            #expect(Set(names).count == names.count, "\(command.name)")
            let letters = command.allOptions.compactMap(\.short)
            #expect(Set(letters).count == letters.count, "\(command.name)")
        }
        #expect(Set(CommandTable.all.map(\.path)).count == CommandTable.all.count)
    }

    @Test func `every setting has a name of its own in each place and a default that is valid`() throws {
        let settings = Option.settings
        #expect(Set(settings.map(\.name)).count == settings.count)
        #expect(Set(settings.compactMap(\.key)).count == settings.compactMap(\.key).count)
        for option in settings {
            if let fallback = option.fallback { _ = try option.rule.read([fallback]) }
        }
        for command in CommandTable.all {
            for option in command.allOptions where option.isSetting {
                #expect(settings.contains { $0.name == option.name }, "\(option.name) is in no table")
            }
        }
    }
}
