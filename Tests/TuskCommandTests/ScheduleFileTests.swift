import Testing
import TuskCore
import TuskStore

@testable import TuskCommand

/// The files of `tusk schedule apply`.
struct ScheduleFileTests {
    private func read(_ text: String) throws -> ScheduleFile { try ScheduleFile(path: "s.toml", Array(text.utf8)) }

    /// A schedule with every field there is.
    static let whole = """
        [schedules.billing.nightly]
        cron = "0 3 * * *"
        time_zone = "Europe/Rome"
        jitter = "1m30s"
        overlap = "skip"
        catch_up = "all"
        catch_up_max = 7
        catch_up_window = "2h"
        kind = "report"
        args = '{"path":"C:\\\\x","n":[1, 2.50]}'
        queue = "mail"
        priority = 2
        max_attempts = 3
        retry = '{"policy":"fixed","delay_seconds":10}'
        timeout = "5m"
        start_within = "90s"
        tags = ["a", "b"]
        limits = ["tenant:7", '{"key":"api","weight":3}']
        fair_key = "tenant:7"
        order = '{"key":"k","on_discard":"skip"}'
        unique = '{"key":"once"}'
        metadata = '{"who":"me"}'
        traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        """

    @Test func `every field of a schedule is read and written back as it was`() throws {
        let schedule = try #require(try read(Self.whole).schedules.first)
        #expect(schedule.name == "billing.nightly" && schedule.job.limits.count == 2)
        let section = ScheduleSketch(schedule).section
        #expect(section.count == ScheduleField.all.count + 1, "\(section)")
        let again = try read(section.joined(separator: "\n"))
        #expect(again.schedules == [schedule])
    }

    @Test func `what says only the default is no difference`() throws {
        let short = try read("[schedules.a]\ncron = '@daily'\nkind = 'k'").schedules
        let long = try read(
            """
            [schedules."a"]
            cron = '@daily'
            time_zone = 'UTC'
            jitter = '0s'
            overlap = 'allow'
            catch_up = 'one'
            kind = 'k'
            args = '{}'
            queue = 'default'
            priority = 5
            max_attempts = 20
            """
        ).schedules
        #expect(short.map { ScheduleSketch($0) } == long.map { ScheduleSketch($0) })
    }

    @Test(arguments: [
        ("[schedules.a]\nkind = 'k'", "s.toml:1: schedule a: cron is required"),
        ("\n[schedules.a]", "s.toml:2: schedule a: cron is required; s.toml:2: schedule a: kind is required"),
        ("[schedules.a]\ncron = '@daily'\nkind = 'k'\npriority = 11", "s.toml:4: schedule a: priority must be a whole"),
        ("[schedules.a]\ncron = '@dayly'\nkind = 'k'", "s.toml:2: schedule a: cron is no cron expression"),
        ("[schedules.a]\ncron = 5", "s.toml:2: schedule a: cron must be a string in quotes"),
        ("[schedules.a]\ncron = '@daily'\nkind='k'\nargs = '{'", "s.toml:4: schedule a: args must be JSON in single"),
        ("[schedules.a]\ncron = '@daily'\nkind='k'\njitter = '25h'", "s.toml:4: schedule a: jitter must be a number"),
        ("[schedules.a]\ncorn = '@daily'", "s.toml:2: schedule a: corn is no field of a schedule; did you mean cron?"),
        ("[schedules.a]\ncron = '@daily'\nkind='k'\nlimits = ['queue:x']", "s.toml:4: schedule a: limits"),
        ("[schedule.a]\ncron = '@daily'", "s.toml:1: [schedule.a] is no section of a schedule"),
        ("[schedules.'a b']\ncron = '@daily'\nkind = 'k'", "s.toml:1: schedule a b: the name"),
        ("prefix = 'b.'\n[schedules.a]\ncron = '@daily'", "s.toml:2: schedule a does not begin with the prefix"),
        ("prefix = 5", "s.toml:1: prefix must be"), ("suffix = 'x'", "s.toml:1: suffix is unknown"),
        ("[schedules.a]\ncron = '@daily'\ncron = '@daily'", "s.toml:3: schedules.a.cron is there twice"),
    ])
    func `a fault is told with its line, its schedule and its field`(text: String, words: String) {
        do {
            _ = try ScheduleFile(path: "s.toml", Array(text.utf8))
            Issue.record("taken: \(text)")
        } catch {
            #expect(error.message.hasPrefix(words) && error.code == .usage, "\(error.message)")
        }
    }

    @Test(arguments: [
        "", "plain", "it's", #"{"a":"b\\c"}"#, "it's \"both\" \\", "a\nb\tc\r", "\u{1}\u{7F}", "ä😀", "'", "\"", "\\",
    ])
    func `any text is written so that it reads back the same`(text: String) throws {
        let line = "a = \(ScheduleField.quoted(text))"
        #expect(try ConfigurationText(Array(line.utf8)).entries["a"]?.value == .string(text), "\(line)")
    }

    @Test func `only what the file owns is pruned, and only when asked`() throws {
        let file = try read("prefix = 'b.'\n[schedules.b.new]\ncron = '@daily'\nkind = 'k'")
        let stored = try read(
            "[schedules.b.old]\ncron = '@daily'\nkind = 'k'\n[schedules.c]\ncron = '@daily'\nkind = 'k'"
        ).schedules.map { ScheduleSketch($0) }
        let wanted = file.schedules.map { ScheduleSketch($0) }
        let pruned = ScheduleDifference(wanted: wanted, stored: stored, owns: file.owns, prunes: true)
        #expect(pruned.names(.removed) == ["b.old"] && pruned.names(.added) == ["b.new"] && pruned.strays.isEmpty)
        let kept = ScheduleDifference(wanted: wanted, stored: stored, owns: file.owns, prunes: false)
        #expect(kept.names(.removed).isEmpty && kept.strays == ["b.old"])
    }
}
