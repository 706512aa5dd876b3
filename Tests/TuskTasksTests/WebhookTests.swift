import Foundation
import Synchronization
import TestSupport
import Testing
import TuskCore
import TuskStore

@testable import TuskTasks

/// What a receiver is told, and what is made of its answer.
@Suite struct WebhookTests {
    private static let json = "Content-Type: application/json\r\n"

    @Test func `a job is posted with what the API says of it`() async throws {
        let server = try LoopbackServer { _ in answer("200 OK", Self.json, #"{"sum":  1.10}"#) }
        try await withWebhook("\(server.url)/hook?a=1") { bench in
            let job = try NewJob(
                kind: "work",
                args: try JSONText(validating: Array(#"{"n":  1.10, "text": "é"}"#.utf8)),
                maxAttempts: 7,
                tags: [try #require(Tag("red"))],
                metadata: try JSONText(validating: Array(#"{"by": "me"}"#.utf8)),
                traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            )
            let id = try bench.enqueue(job)
            let ended = try await bench.ended(id)
            #expect(ended.state == .completed, "\(ended.error ?? "")")
            #expect(ended.job.result?.text == #"{"sum":  1.10}"#)
            let request = ReceivedRequest(text: try #require(server.requests.first))
            #expect(request.text.hasPrefix("POST /hook?a=1 HTTP/1.1\r\n"))
            let text =
                ##"{"id":"\##(id)","kind":"work","queue":"default","attempt":1,"max_attempts":7,"##
                + ##""created_at":"\##(ended.job.createdAt.rfc3339Text)","tags":["red"],"metadata":{"by": "me"},"##
                + ##""args":{"n":  1.10, "text": "é"}}"##
            #expect(request.body == text)
            #expect(request.header("Content-Type") == "application/json")
            #expect(request.header("traceparent") == job.traceparent)
        }
    }

    @Test func `every secret signs, and openssl comes to the same signatures`() async throws {
        let server = try LoopbackServer { _ in answer("204 No Content") }
        try await withWebhook(server.url, secrets: Secrets.texts) { bench in
            let before = time(nil)
            let id = try bench.enqueue("work", #"{"n": 1}"#)
            let job = try await bench.ended(id)
            #expect(job.state == .completed)
            #expect(job.job.result == nil)
            let request = ReceivedRequest(text: try #require(server.requests.first))
            #expect(request.header("webhook-id") == "\(id)")
            let timestamp = try #require(request.header("webhook-timestamp").flatMap { Int($0) })
            #expect((before...time(nil)).contains(timestamp))
            let expected = try Secrets.hexadecimal.map { "v1,\(try OpenSSL.hmac(request.signed, key: $0))" }
            #expect(request.header("webhook-signature") == expected.joined(separator: " "))
        }
    }

    @Test(arguments: [
        (answer("201 Created", json, "7"), JobState.completed, nil), (answer("200 OK", "", "ok"), .completed, nil),
        (answer("410 Gone"), .discarded, "the receiver answered 410: it wants no more of this"),
        (answer("404 Not Found"), .retryable, "the receiver answered 404"),
        (answer("500 No", "", "it \u{1B}[31m\r\n\tbroke"), .retryable, "the receiver answered 500: it [31m broke"),
        (answer("503 No", "", "no"), .retryable, "the receiver answered 503: no"),
        (answer("429 No", "Retry-After: soon\r\n"), .retryable, "the receiver answered 429"),
        (
            answer("302 Found", "Location: http://127.0.0.2/\u{1}x\r\n"), .retryable,
            "the receiver answered 302 to http://127.0.0.2/ x, and redirects are not followed"
        ), ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", .retryable, "the request failed: "),
        ("", .retryable, "the request failed: "),
    ])
    func `an answer says what becomes of the job`(text: String, state: JobState, error: String?) async throws {
        let server = try LoopbackServer { _ in text }
        try await withWebhook(server.url) { bench in
            let job = try await bench.ended(try bench.enqueue())
            #expect(job.state.isFinal ? job.state == state : state == .retryable)
            if let error, error.hasSuffix(" ") {
                #expect(job.error?.hasPrefix(error) == true, "\(job.error ?? "")")
            } else {
                #expect(job.error == error)
            }
            #expect(job.job.result?.text == (text.hasSuffix("7") ? "7" : nil))
        }
    }

    @Test func `no more than the beginning of an answer is quoted`() async throws {
        let server = try LoopbackServer { _ in answer("500 No", "", String(repeating: "x", count: 5000)) }
        try await withWebhook(server.url) { bench in
            let job = try await bench.ended(try bench.enqueue())
            #expect(job.error == "the receiver answered 500: " + String(repeating: "x", count: 500))
        }
    }

    @Test(arguments: ["429 Too Many", "503 Unavailable"])
    func `a receiver that is busy is asked again without costing an attempt`(status: String) async throws {
        let count = Mutex(0)
        let server = try LoopbackServer { _ in
            let isFirst = count.withLock {
                $0 += 1
                return $0 == 1
            }
            return isFirst ? answer(status, "Retry-After: 0\r\n", "later") : answer("200 OK")
        }
        try await withWebhook(server.url) { bench in
            let id = try bench.enqueue(try .test("work", maxAttempts: 1))
            let job = try await bench.over(id)
            #expect(job.state == .completed, "\(job.error ?? "")")
            #expect(try bench.attempts(id).map(\.ended) == ["snoozed"])
            let requests = server.requests.map { ReceivedRequest(text: $0) }
            #expect(requests.map { $0.header("webhook-id") } == ["\(id)", "\(id)"])
            #expect(requests.allSatisfy { $0.body.contains(#""attempt":1,"#) })
            let times = requests.compactMap { $0.header("webhook-timestamp").flatMap { Int($0) } }
            #expect(times.count == 2 && times[1] > times[0], "a second is the least")
            let reason = String(status.prefix(3))
            #expect(try bench.lines(id) == ["the receiver answered \(reason): later; asked again in 1 s"])
        }
    }

    @Test func `a receiver that is busy for ever costs attempts in the end`() async throws {
        let server = try LoopbackServer { _ in answer("503 No", "Retry-After: 0\r\n") }
        try await withWebhook(server.url) { bench in
            let id = try bench.enqueue(try .test("work", maxAttempts: 1))
            try await eventually(within: .seconds(20)) { try bench.attempts(id).count == 1 }
            #expect(try bench.database.texts("select value::text from tusk.job_cursor") == [#"{"put_offs":1}"#])
            let most = WebhookTask.putOffsMax
            try bench.database.script("update tusk.job_cursor set value = '{\"put_offs\": \(most - 1)}'")
            let job = try await bench.over(id)
            #expect(job.state == .discarded)
            #expect(job.error == "the receiver answered 503")
            #expect(server.requests.count == 3)
        }
    }

    @Test(arguments: [
        ("Retry-After: 7200\r\n", 3600), ("Retry-After: 5\r\n", 5), ("", nil), ("Retry-After: soon\r\n", nil),
        ("Retry-After: -5\r\n", nil), ("Retry-After: 99999999999999999999\r\n", nil),
        ("Date: Sun, 06 Nov 1994 08:49:00 GMT\r\nRetry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 37),
        ("Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 0),
        ("Date: Sun, 06 Nov 1994 08:49:00 GMT\r\nRetry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n", 3600),
    ])
    func `the time until the next attempt is bounded, and a date is that of the receiver's clock`(
        headers: String,
        seconds: Int?
    ) throws {
        let server = try LoopbackServer { _ in answer("503 No", headers) }
        let client = HTTPClient(guardian: NetworkGuard(allowing: [try #require(Network("127.0.0.1"))]))
        let call = HTTPCall(url: server.url, bytesMax: 10, timeout: .seconds(10))
        let head = try client.perform(call, shouldStop: { false }, onHead: { _ in }, onBody: { _ in })
        #expect(HTTPAnswers.retryAfter(head) == seconds.map { .seconds($0) })
    }
}
