import Testing
import TuskCore

struct NewJobTests {
    private static func read(_ text: String, at pointer: String = "#") throws -> NewJob {
        try NewJob(json: JSONDocument(validating: Array(text.utf8), limits: .body).root, at: pointer)
    }

    @Test func `a kind is enough`() throws {
        let job = try Self.read(#"{"kind":"send_email"}"#)
        #expect(job.kind.text == "send_email")
        #expect(job.args == .emptyObject)
        #expect(job.queue == .standard)
        #expect(job.priority == .standard)
        #expect(job.runAt == .now)
        #expect(job.maxAttempts == 20)
        #expect(job.retry == nil && job.timeout == nil && job.tags.isEmpty)
        #expect(job.metadata == nil && job.traceparent == nil)
    }

    private static let full = #"""
        {"kind":"k","args":{"x": 1.0,"y":-0},"queue":"mail","priority":0,"delay_seconds":0.5,"max_attempts":1000,
        "retry":{"policy":"fixed","delay_seconds":3},"timeout_seconds":86400,"tags":["a","b"],"metadata":{"n": 1},
        "traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}
        """#

    @Test func `every field is read and args keep their bytes`() throws {
        let job = try Self.read(Self.full)
        #expect(job.args.text == #"{"x": 1.0,"y":-0}"#)
        #expect(job.queue.text == "mail")
        #expect(job.priority.rawValue == 0)
        #expect(job.runAt == .after(.milliseconds(500)))
        #expect(job.maxAttempts == 1000)
        #expect(job.retry == .fixed(delay: .seconds(3)))
        #expect(job.timeout == .seconds(86_400))
        #expect(job.tags.map(\.text) == ["a", "b"])
        #expect(job.metadata?.text == #"{"n": 1}"#)
        #expect(job.traceparent == "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
    }

    @Test(arguments: [
        full, #"{"kind":"k"}"#, #"{"kind":"k","run_at":"2026-01-02T03:04:05.678901+02:00","args":[1, 2]}"#,
        #"{"kind":"k","args":null,"timeout_seconds":1.000001}"#,
    ])
    func `a job is read back from its canonical JSON`(text: String) throws {
        let job = try Self.read(text)
        #expect(try Self.read(job.json.text) == job)
        #expect(try Self.read(job.json.text).json == job.json)
    }

    @Test func `jobs that mean the same have the same canonical JSON`() throws {
        let short = try Self.read(#"{"kind":"k","run_at":"2026-01-02T03:04:05Z"}"#)
        let long = try Self.read(
            #"{"run_at":"2026-01-02T04:04:05.000+01:00","priority":5,"args":{},"queue":"default","kind":"\u006b"}"#
        )
        #expect(short.json == long.json)
        #expect(short.json.text == #"{"kind":"k","args":{},"run_at":"2026-01-02T03:04:05.000000Z"}"#)
    }

    @Test(arguments: NewJobCases.wrong)
    func `a wrong field is refused with its pointer and code`(text: String, expected: [String]) throws {
        let error = #expect(throws: ValidationError.self) { try Self.read(text) }
        #expect(error?.problems.map { "\($0.pointer): \($0.code)" } == expected)
    }

    @Test func `messages say what would be right`() {
        let error = #expect(throws: ValidationError.self) {
            try Self.read(#"{"kind":"k k","priority":10,"max_attempts":1.5,"timeout_seconds":0,"tags":7,"x\n":1}"#)
        }
        #expect(
            error?.problems.map(\.detail) == [
                "a job has no field x%0A",
                "kind must be 1 to 128 ASCII letters, digits, '_', '.', ':' or '-'",
                "priority must be a whole number from 0 to 9",
                "max_attempts must be a whole number from 1 to 1000",
                "timeout_seconds must be a number from 1 to 86400",
                "tags must be an array of at most 16 names",
            ]
        )
    }

    @Test func `problems of a job in a list point into the list`() {
        let error = #expect(throws: ValidationError.self) {
            try Self.read(#"{"kind":"k","tags":["a",""],"retry":{"policy":"list"}}"#, at: "#/jobs/3")
        }
        #expect(error?.problems.map(\.pointer) == ["#/jobs/3/retry/delays_seconds", "#/jobs/3/tags/1"])
    }

    @Test func `no request makes a report of more than 50 problems`() {
        let fields = (0..<5000).map { "\"f\($0)\":1" }.joined(separator: ",")
        let error = #expect(throws: ValidationError.self) { try Self.read("{\(fields)}") }
        #expect(error?.problems.count == 50)
    }

    @Test func `a job made in Swift has to pass the same rules`() throws {
        let kind: Kind = "k"
        let tag: TuskCore.Tag = "t"
        let args = try JSONText(validating: Array("{\"a\": 1}".utf8))
        let job = try NewJob(kind: kind, args: args, runAt: .after(.seconds(5)), retry: .standard, tags: [tag])
        #expect(job.args == args && job.runAt == .after(.seconds(5)) && job.retry == .standard && job.tags == [tag])
        let error = #expect(throws: ValidationError.self) {
            try NewJob(
                kind: kind,
                runAt: .at(Timestamp(microseconds: 0)),
                maxAttempts: 0,
                retry: .exponential(base: .seconds(-1), max: .seconds(1), jitter: .nan),
                timeout: .milliseconds(999),
                tags: [tag, tag],
                metadata: JSONText(trusted: Array("[]".utf8)),
                traceparent: "00\"\n"
            )
        }
        #expect(
            error?.problems.map { "\($0.pointer): \($0.code)" } == [
                "#/run_at: invalid_time", "#/max_attempts: out_of_range", "#/retry/jitter: wrong_type",
                "#/retry/base_seconds: out_of_range", "#/timeout_seconds: out_of_range", "#/tags/1: duplicate",
                "#/metadata: wrong_type", "#/traceparent: invalid_traceparent",
            ]
        )
    }

    @Test func `args scanned with looser limits do not get into a job`() throws {
        let kind: Kind = "k"
        let deep = Array((String(repeating: "[", count: 65) + String(repeating: "]", count: 65)).utf8)
        let args = try JSONText(validating: deep, limits: JSONLimits(bytesMax: 1000, depthMax: 100))
        let error = #expect(throws: ValidationError.self) { try NewJob(kind: kind, args: args) }
        #expect(error?.problems.first?.code == "too_deep")
        #expect(error?.problems.first?.pointer.hasPrefix("#/args/0") == true)
        let fits = try JSONText(validating: deep.dropFirst().dropLast())
        #expect(throws: Never.self) { try NewJob(kind: kind, args: fits) }
        let long = JSONText(trusted: Array("\"\(String(repeating: "x", count: 65_535))\"".utf8))
        let tooLarge = #expect(throws: ValidationError.self) { try NewJob(kind: kind, args: long) }
        #expect(tooLarge?.problems.map(\.code) == ["too_large"])
    }
}

enum NewJobCases {
    /// Requests with the problems they must be refused for, as `pointer: code`.
    static let wrong: [(String, [String])] =
        [
            ("[]", ["#: wrong_type"]),
            ("\"k\"", ["#: wrong_type"]),
            ("{}", ["#/kind: required"]),
            (#"{"kind":null}"#, ["#/kind: wrong_type"]),
            (#"{"kind":""}"#, ["#/kind: invalid_name"]),
            (#"{"kind":"sénd"}"#, ["#/kind: invalid_name"]),
            (#"{"Kind":"k"}"#, ["#/Kind: unknown_field", "#/kind: required"]),
            (#"{"kind":"k","priorty":1}"#, ["#/priorty: unknown_field"]),
            (#"{"kind":"k","a/b":1}"#, ["#/a~1b: unknown_field"]),
            (#"{"kind":"k","queue":7}"#, ["#/queue: wrong_type"]),
            (#"{"kind":"k","queue":"a b"}"#, ["#/queue: invalid_name"]),
        ]
        + ["-1", "10", "1.5", "1e0", "2147483648", "99999999999999999999"].map {
            (#"{"kind":"k","priority":\#($0)}"#, ["#/priority: out_of_range"])
        }
        + ["\"5\"", "null", "true", "[]"].map { (#"{"kind":"k","priority":\#($0)}"#, ["#/priority: wrong_type"]) }
        + ["0", "1001", "-1", "1.0"].map { (#"{"kind":"k","max_attempts":\#($0)}"#, ["#/max_attempts: out_of_range"]) }
        + ["0.999999", "86400.000001", "-1", "99e308"].map {
            (#"{"kind":"k","timeout_seconds":\#($0)}"#, ["#/timeout_seconds: out_of_range"])
        }
        + ["\"5m\"", "null"].map { (#"{"kind":"k","timeout_seconds":\#($0)}"#, ["#/timeout_seconds: wrong_type"]) }
        + ["-0.000001", "315360001"].map {
            (#"{"kind":"k","delay_seconds":\#($0)}"#, ["#/delay_seconds: out_of_range"])
        }
        + [
            (#"{"kind":"k","run_at":"tomorrow"}"#, ["#/run_at: invalid_time"]),
            (#"{"kind":"k","run_at":1767323045}"#, ["#/run_at: wrong_type"]),
            (
                #"{"kind":"k","run_at":"2026-01-02T03:04:05Z","delay_seconds":1}"#,
                ["#/delay_seconds: conflicting_fields"]
            ),
            (#"{"kind":"k","retry":"standard"}"#, ["#/retry: wrong_type"]),
            (#"{"kind":"k","tags":["a","b","a"]}"#, ["#/tags/2: duplicate"]),
            (#"{"kind":"k","tags":[1,"é"]}"#, ["#/tags/0: invalid_name", "#/tags/1: invalid_name"]),
            (
                #"{"kind":"k","tags":[\#((0..<17).map { "\"t\($0)\"" }.joined(separator: ","))]}"#,
                ["#/tags: too_many"]
            ),
            (#"{"kind":"k","metadata":[]}"#, ["#/metadata: wrong_type"]),
            (
                #"{"kind":"k","metadata":{"x":"\#(String(repeating: "x", count: 4089))"}}"#,
                ["#/metadata: too_large"]
            ),
            (
                #"{"kind":"k","args":"\#(String(repeating: "x", count: 65_535))"}"#,
                ["#/args: too_large"]
            ),
            (#"{"kind":"k","traceparent":"00-x"}"#, ["#/traceparent: invalid_traceparent"]),
            (#"{"kind":"k","traceparent":null}"#, ["#/traceparent: wrong_type"]),
        ]
}
