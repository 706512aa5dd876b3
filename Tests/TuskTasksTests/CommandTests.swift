import TestSupport
import Testing
import TuskCore
import TuskStore

@testable import TuskTasks

/// What a command is told, and what is made of what it says.
@Suite struct CommandTests {
    @Test func `a command gets the args, and says progress, log and result`() async throws {
        let script = """
            read -r args
            echo '{"progress": 0.5, "message": "half"}'
            echo '{"log": "in the log"}'
            echo "plain"
            echo "to stderr" >&2
            echo "{\\"result\\": {\\"got\\": $args}}"
            """
        try await withCommands(["work": script]) { bench in
            let id = try bench.enqueue("work", #"{"n":  1.10, "text": "$(id) `id` ' \" é"}"#)
            let job = try await bench.ended(id)
            #expect(job.state == .completed, "\(job.error ?? "")")
            #expect(job.job.result?.text == #"{"got": {"n":  1.10, "text": "$(id) `id` ' \" é"}}"#)
            #expect(job.job.progressFraction == 0.5)
            #expect(job.job.progressMessage == "half")
            try await eventually { try bench.lines(id).count == 3 }
            #expect(Set(try bench.lines(id)) == ["in the log", "plain", "to stderr"])
        }
    }

    @Test(arguments: [
        ("exit 0", JobState.completed, nil),
        ("exit 65", .discarded, "exit status 65"),
        ("echo why >&2; exit 65", .discarded, "exit status 65: why"),
        ("exit 75", .retryable, "exit status 75"),
        ("exit 1", .retryable, "exit status 1"),
        ("kill -SEGV $$", .retryable, "ended by SIGSEGV"),
        ("exec 1>&- 2>&-; exit 0", .completed, nil),
        ("echo '{\"result\": 1'", .retryable, "line 1 of its standard output is no JSON"),
        ("echo; echo '{\"more\": 1}'", .retryable, "line 2 of its standard output has a field more"),
        ("echo '{\"progress\": 2}'", .retryable, "line 1 of its standard output has a progress that is not"),
        ("printf '{\"result\": 7}'", .completed, nil),
    ])
    func `how it ends says what becomes of the job`(script: String, state: JobState, error: String?) async throws {
        try await withCommands(["work": script]) { bench in
            let job = try await bench.ended(try bench.enqueue())
            #expect(job.state.isFinal ? job.state == state : state == .retryable)
            #expect(job.error?.hasPrefix(error ?? "none") ?? (error == nil), "\(job.error ?? "")")
            if script.hasPrefix("printf") { #expect(job.job.result?.text == "7") }
            #expect(bench.processes == [])
        }
    }

    @Test func `a checkpoint is handed to the next attempt`() async throws {
        let script = """
            if [ -z "${TUSK_CHECKPOINT+is_set}" ]; then echo '{"checkpoint": {"row":  41000}}'; exit 1; fi
            echo "{\\"result\\": [$TUSK_CHECKPOINT, $TUSK_ATTEMPT]}"
            """
        try await withCommands(["work": script]) { bench in
            let over = try await bench.over(try bench.enqueue())
            #expect(over.state == .completed, "\(over.error ?? "")")
            #expect(over.result?.text == #"[{"row":  41000}, 2]"#)
        }
    }

    @Test func `nothing of the worker is inherited but what is named`() async throws {
        let script = """
            names=$(tr '\\0' '\\n' < /proc/$$/environ | cut -d= -f1 | sort | tr '\\n' ' ')
            for file in /proc/self/fd/*; do files="$files${file##*/} "; done
            echo "{\\"result\\": \\"$names/ $files/ $(pwd) $(umask) $(ulimit -c)\\"}"
            """
        try await withCommands(["work": script]) { bench in
            let job = try await bench.ended(try bench.enqueue())
            let own = "ATTEMPT JOB_ID KIND LEASE MAX_ATTEMPTS QUEUE TIMEOUT_SECONDS".split(separator: " ")
                .map { "TUSK_\($0)" }.joined(separator: " ")
            // 3 is what bash lists the directory with.
            let files = "0 1 2 3 "
            #expect(job.job.result?.text == "\"LANG MARK PATH \(own) / \(files)/ / 0077 0\"", "\(job.error ?? "")")
        }
    }

    @Test func `a program that is not there is tried again`() async throws {
        try await withCommands(["work": ""], adjust: { $0.arguments = ["/nowhere/at/all"] }) { bench in
            let job = try await bench.ended(try bench.enqueue())
            #expect(!job.state.isFinal)
            #expect(job.error == "cannot start /nowhere/at/all: no such file or directory")
        }
    }

    @Test func `lines are cut wherever the bytes come apart`() {
        let text = Array("one\r\n\ntwo\nthree".utf8)
        for step in 1...text.count {
            var cutter = LineCutter()
            var lines: [[UInt8]] = []
            for start in stride(from: 0, to: text.count, by: step) {
                lines += cutter.take(text[start..<min(start + step, text.count)])
            }
            lines += cutter.finish()
            #expect(lines.map(CommandLines.text) == ["one", "", "two", "three"])
        }
        var cutter = LineCutter()
        let long = [UInt8](repeating: 0x61, count: LineCutter.lineBytesMax + 1)
        #expect(cutter.take(long).map(\.count) == [LineCutter.lineBytesMax])
        #expect(cutter.finish().map(\.count) == [1])
    }
}
