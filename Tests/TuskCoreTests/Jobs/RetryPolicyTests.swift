import Testing
import TuskCore

struct RetryPolicyTests {
    @Test(arguments: [
        (1, 0.0, 2.0), (2, 0, 4), (3, 0, 8), (14, 0, 16_384), (15, 0, 21_600), (1000, 0, 21_600), (Int.max, 0, 21_600),
        (1, 0.5, 1.8), (1, 0.999_999_999, 1.6), (15, 0.5, 19_440), (0, 0, 2), (-5, 0, 2),
    ])
    func `the standard policy doubles from 2 s to 6 h and takes up to a fifth away`(
        attempt: Int,
        random: Double,
        seconds: Double
    ) {
        let delay = RetryPolicy.standard.delay(afterAttempt: attempt, random: random)
        #expect(abs(Double(delay.microseconds) / 1e6 - seconds) < 1e-5)
    }

    @Test(arguments: [
        (RetryPolicy.linear(step: .seconds(5), max: .seconds(12)), [5, 10, 12, 12]),
        (.fixed(delay: .seconds(7)), [7, 7, 7, 7]),
        (.list([.seconds(1), .seconds(60), .seconds(3)]), [1, 60, 3, 3]),
        (.exponential(base: .seconds(1), factor: 10, max: .seconds(500), jitter: 0), [1, 10, 100, 500]),
        (.exponential(base: .seconds(3), factor: 1, max: .seconds(500), jitter: 0), [3, 3, 3, 3]),
        (.exponential(base: .seconds(9), max: .seconds(5), jitter: 0), [5, 5, 5, 5]),
        (.fixed(delay: .seconds(-1)), [0, 0, 0, 0]),
        (.list([]), [0, 0, 0, 0]),
        (.fixed(delay: .seconds(400 * 86_400)), [31_536_000, 31_536_000, 31_536_000, 31_536_000]),
        (
            .linear(step: .seconds(Int64.max), max: .seconds(Int64.max)),
            [31_536_000, 31_536_000, 31_536_000, 31_536_000]
        ),
        (.exponential(base: .zero, factor: 100, max: .seconds(5)), [0, 0, 0, 0]),
    ])
    func `each policy gives its delays`(policy: RetryPolicy, seconds: [Int64]) {
        let delays = (1...4).map { policy.delay(afterAttempt: $0, random: 0.7) }
        #expect(delays == seconds.map { .seconds($0) })
    }

    @Test func `jitter only shortens, and never below zero`() {
        var random = SplitMix64(seed: 3)
        let policy = RetryPolicy.exponential(base: .seconds(10), max: .seconds(100), jitter: 1)
        for attempt in 1...1000 {
            let delay = policy.delay(afterAttempt: attempt, random: .random(in: 0..<1, using: &random))
            #expect((.zero ... .seconds(100)).contains(delay))
        }
    }

    @Test(arguments: [
        RetryPolicy.standard,
        .exponential(base: .milliseconds(1500), factor: 1.5, max: .seconds(60), jitter: 0),
        .linear(step: .seconds(5), max: .seconds(60)),
        .fixed(delay: .microseconds(1)),
        .list([.zero, .milliseconds(250), .seconds(31_536_000)]),
    ])
    func `a policy is read back from its JSON`(policy: RetryPolicy) throws {
        let document = try JSONDocument(validating: policy.json.bytes, limits: .args)
        #expect(try RetryPolicy(json: document.root) == policy)
    }

    @Test func `factor and jitter may be left out`() throws {
        let text = #"{"policy":"exponential","base_seconds":2,"max_seconds":21600}"#
        let document = try JSONDocument(validating: Array(text.utf8), limits: .args)
        #expect(try RetryPolicy(json: document.root) == .standard)
    }

    @Test(arguments: [
        ("7", ["#: wrong_type"]),
        ("{}", ["#/policy: required"]),
        (#"{"policy":"never"}"#, ["#/policy: unknown_value"]),
        (#"{"policy":3}"#, ["#/policy: wrong_type"]),
        (#"{"policy":"fixed"}"#, ["#/delay_seconds: required"]),
        (#"{"policy":"fixed","delay_seconds":-1}"#, ["#/delay_seconds: out_of_range"]),
        (#"{"policy":"fixed","delay_seconds":31536001}"#, ["#/delay_seconds: out_of_range"]),
        (#"{"policy":"fixed","delay_seconds":"1"}"#, ["#/delay_seconds: wrong_type"]),
        (#"{"policy":"fixed","delay_seconds":1,"jitter":0.1}"#, ["#/jitter: unknown_field"]),
        (#"{"policy":"fixed","delay_seconds":1,"delay":2}"#, ["#/delay: unknown_field"]),
        (#"{"policy":"list","delays_seconds":[]}"#, ["#/delays_seconds: out_of_range"]),
        (#"{"policy":"list","delays_seconds":[1,null]}"#, ["#/delays_seconds: wrong_type"]),
        (#"{"policy":"list","delays_seconds":1}"#, ["#/delays_seconds: wrong_type"]),
        (
            #"{"policy":"exponential","base_seconds":1,"max_seconds":1,"jitter":1.1,"factor":0.5}"#,
            ["#/factor: out_of_range", "#/jitter: out_of_range"]
        ),
        (#"{"policy":"linear"}"#, ["#/step_seconds: required", "#/max_seconds: required"]),
    ])
    func `a wrong policy is refused field by field`(text: String, expected: [String]) throws {
        let document = try JSONDocument(validating: Array(text.utf8), limits: .args)
        let error = #expect(throws: ValidationError.self) { try RetryPolicy(json: document.root) }
        #expect(error?.problems.map { "\($0.pointer): \($0.code)" } == expected)
    }
}
