import Testing
import TuskHTTP

@testable import TuskAPI

struct RequestFieldTests {
    private func request(_ fields: [(name: String, value: String)]) -> HTTPRequest {
        HTTPRequest(method: .post, path: "/v1/jobs", headers: HTTPHeaders(fields))
    }

    @Test(
        arguments: [
            "application/json", "Application/JSON", "application/json; charset=utf-8",
            "application/json;charset=UTF-8", "application/json ; charset=\"utf-8\"",
        ]
    )
    func `json is json in any spelling`(field: String) {
        #expect(MediaType.of(request([("Content-Type", field)])) == .json)
    }

    @Test(
        arguments: [
            "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json",
            "application/json; charset=latin1", "application/json; charset=utf-8; charset=utf-8", "application/json;",
            "application/json, text/plain", "application/jsonp",
        ]
    )
    func `everything else is not`(field: String) {
        #expect(MediaType.of(request([("Content-Type", field)])) == nil)
    }

    @Test func `a type is needed, and only one`() {
        #expect(MediaType.of(request([])) == nil)
        let json = (name: "Content-Type", value: "application/json")
        #expect(MediaType.of(request([json, json])) == nil)
        #expect(MediaType.of(request([("Content-Type", "application/x-ndjson")])) == .ndjson)
    }

    @Test(
        arguments: [
            (#""abc""#, "abc"), ("abc", "abc"), (#""a \"b\" \\ c""#, #"a "b" \ c"#), ("9d0c-4f", "9d0c-4f"),
            (String(repeating: "x", count: 255), String(repeating: "x", count: 255)), ("a:b/c=", "a:b/c="),
        ]
    )
    func `an idempotency key is a string or a word`(field: String, key: String) throws {
        let read = try #require(try IdempotencyKey.of(request([(IdempotencyKey.field, field)])))
        #expect(read.bytes == Array(key.utf8))
    }

    @Test(
        arguments: [
            "", #""""#, #""abc"#, #"abc""#, #""a"b""#, #""a\b""#, #""a\""#, "a b", "a,b", "a;b", "é", #""é""#,
            #""abc";q=1"#,
            String(repeating: "x", count: 256),
        ]
    )
    func `anything else is no idempotency key`(field: String) {
        #expect(throws: Problem.self) { try IdempotencyKey.of(request([(IdempotencyKey.field, field)])) }
    }

    @Test func `two idempotency keys are none`() throws {
        let twice = [(name: IdempotencyKey.field, value: "a"), (name: IdempotencyKey.field, value: "a")]
        #expect(throws: Problem.self) { try IdempotencyKey.of(request(twice)) }
        #expect(try IdempotencyKey.of(request([])) == nil)
    }

    @Test func `keys of two principals do not meet, and neither do those of two operations`() throws {
        let key = try #require(IdempotencyKey(bytes: [1]))
        let other = Principal(id: "other", name: "n", scopes: [])
        #expect(key.hash(for: .anonymous) != key.hash(for: other))
        #expect(key.hash(for: other) == key.hash(for: other))
        #expect(IdempotencyKey.fingerprint("job", [1]) != IdempotencyKey.fingerprint("bulk", [1]))
    }

    @Test func `a request id is taken over when it can stand in a log`() {
        #expect(RequestID.of(request([("X-Request-Id", "req-1.2_3:/+=A")])) == "req-1.2_3:/+=A")
        for bad in ["", "a b", "a\u{1B}[31m", "é", String(repeating: "x", count: 129), "\"x\"", "a,b"] {
            let id = RequestID.of(request([("X-Request-Id", bad)]))
            #expect(id != bad && id.utf8.count == RequestID.digitCount)
        }
        #expect(Set((0..<10_000).map { _ in RequestID.new() }).count == 10_000)
    }
}
