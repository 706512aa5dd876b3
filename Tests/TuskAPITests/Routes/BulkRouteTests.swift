import TestSupport
import Testing
import TuskAPI
import TuskCore

struct BulkRouteTests {
    private let ndjson = [("Content-Type", "application/x-ndjson")]

    @Test func `all jobs of an object are enqueued, in order`() async throws {
        try await withAPI { api in
            let jobs = (0..<1500).map { #"{"kind":"k","args":\#($0)}"# }.joined(separator: ",")
            let answer = try api.ask("POST", "/v1/jobs:bulk", #"{"jobs":[\#(jobs)]}"#)
            #expect(answer.status == 201)
            let items = Array(try #require(try answer.json.member("jobs")).elements)
            #expect(items.map { $0.member("index")?.int64 } == (0..<1500).map { Int64($0) })
            #expect(items.allSatisfy { $0.member("status")?.int64 == 201 && $0.member("state")?.string == "available" })
            let stored = try api.database.texts("select id::text from tusk.job order by args::text::int")
            #expect(items.compactMap { $0.member("id")?.string } == stored)
        }
    }

    static let refusals: [(body: String, status: Int, pointers: [String])] = [
        (#"{"jobs":[{"kind":"a"},{"kind":"b","priority":99},{}]}"#, 422, ["#/jobs/1/priority", "#/jobs/2/kind"]),
        (#"{"jobs":[]}"#, 422, ["#/jobs"]),
        (#"{"jobs":{}}"#, 422, ["#/jobs"]),
        (#"{}"#, 422, ["#/jobs"]),
        (#"[{"kind":"a"}]"#, 422, ["#"]),
        (#"{"jobs":[{"kind":"a"}],"atomic":true}"#, 422, ["#/atomic"]),
        (#"{"jobs":[{"kind":"a"},]}"#, 400, ["#/jobs/1"]),
        (#"{"jobs":[{"kind":"a","args":"\u0000"}]}"#, 400, ["#/jobs/0/args"]),
    ]

    @Test func `none is enqueued when one is wrong`() async throws {
        try await withAPI { api in
            for refusal in Self.refusals {
                let answer = try api.ask("POST", "/v1/jobs:bulk", refusal.body)
                #expect(answer.status == refusal.status, "\(refusal.body): \(answer.text)")
                #expect(try answer.pointers == refusal.pointers, "\(refusal.body)")
            }
            let many = Array(repeating: #"{"kind":"k"}"#, count: 5001).joined(separator: ",")
            let answer = try api.ask("POST", "/v1/jobs:bulk", #"{"jobs":[\#(many)]}"#)
            #expect(try answer.codes == ["too_many"])
            #expect(try api.ask("POST", "/v1/jobs:bulk", "x", headers: [("Content-Type", "text/csv")]).status == 415)
            #expect(try api.jobCount() == 0)
        }
    }

    @Test func `an object that is too large is refused`() async throws {
        try await withAPI {
            $0.bulkBodyBytesMax = 100_000
        } _: { api in
            let text = String(repeating: " ", count: 200_000)
            let answer = try api.ask("POST", "/v1/jobs:bulk", #"{"jobs":[\#(text){"kind":"a"}]}"#)
            #expect(answer.status == 413)
            #expect(try answer.problem == "body-too-large")
            #expect(try api.jobCount() == 0)
        }
    }

    private func lines(_ answer: TestAnswer) throws -> [JSONValue] {
        try answer.body.split(separator: UInt8(ascii: "\n")).map { line in
            try JSONDocument(validating: Array(line), limits: .body).root
        }
    }

    @Test func `each line is judged by itself and answered in order`() async throws {
        try await withAPI { api in
            let body = """
                {"kind":"a"}
                {"kind":"b","priority":99}

                not json
                {"kind":"c","idempotency_key":"one"}
                {"kind":"c","idempotency_key":"one"}
                {"kind":"d","idempotency_key":""}
                {"kind":"e","idempotency_key":"two","x":1}
                {"kind":"f"}
                """
            let answer = try api.ask("POST", "/v1/jobs:bulk", body, headers: ndjson)
            #expect(answer.status == 200)
            #expect(answer["content-type"] == "application/x-ndjson")
            let lines = try lines(answer)
            #expect(lines.map { $0.member("index")?.int64 } == [0, 1, 3, 4, 5, 6, 7, 8])
            #expect(lines.map { $0.member("status")?.int64 } == [201, 422, 400, 201, 409, 422, 422, 201])
            let pointers = lines.map { line in
                line.member("problem")?.member("errors")?.elements.compactMap { $0.member("pointer")?.string }
            }
            #expect(pointers[1] == ["#/priority"])
            #expect(pointers[5] == ["#/idempotency_key"])
            #expect(pointers[6] == ["#/x"])
            let kinds = try api.database.texts("select kind from tusk.job order by id")
            #expect(Set(kinds) == ["a", "c", "f"] && kinds.count == 3)
        }
    }

    @Test func `a line with a key can be sent again`() async throws {
        try await withAPI { api in
            let body = #"{"kind":"c","idempotency_key":"é 1","args":[1]}"# + "\n"
            let first = try lines(try api.ask("POST", "/v1/jobs:bulk", body, headers: ndjson))
            let again = try lines(try api.ask("POST", "/v1/jobs:bulk", body, headers: ndjson))
            #expect(first[0].member("replayed") == nil)
            #expect(again[0].member("replayed")?.bool == true)
            #expect(again[0].member("id")?.string == first[0].member("id")?.string)
            let other = #"{"kind":"c","idempotency_key":"é 1","args":[2]}"#
            let refused = try lines(try api.ask("POST", "/v1/jobs:bulk", other, headers: ndjson))
            #expect(refused[0].member("status")?.int64 == 422)
            #expect(try api.jobCount() == 1)
        }
    }

    @Test func `a line that is too long is refused and skipped`() async throws {
        try await withAPI {
            $0.lineBytesMax = 1000
        } _: { api in
            let long = #"{"kind":"a","args":"\#(String(repeating: "x", count: 500_000))"}"#
            let answer = try api.ask("POST", "/v1/jobs:bulk", "\(long)\n{\"kind\":\"b\"}\n", headers: ndjson)
            #expect(try lines(answer).map { $0.member("status")?.int64 } == [413, 201])
        }
    }

    @Test func `a client may wait for each answer before it sends the next line`() async throws {
        try await withAPI { api in
            let client = try TestClient(api.address)
            var request = api.request("POST", "/v1/jobs:bulk", headers: ndjson)
            request.headers.append(("Transfer-Encoding", "chunked"))
            try client.send(request.bytes)
            #expect(try client.head().status == 200)
            for number in 0..<5 {
                let line = Array("{\"kind\":\"a\"}\n".utf8)
                try client.send(Array("\(String(line.count, radix: 16))\r\n".utf8) + line + Array("\r\n".utf8))
                let answer = try #require(try client.chunk())
                #expect(String(decoding: answer, as: UTF8.self).hasPrefix(#"{"index":\#(number),"status":201,"id":""#))
            }
            try client.send(Array("0\r\n\r\n".utf8))
            #expect(try client.chunk() == nil)
            #expect(try client.ask(api.request("GET", "/livez")).status == 200)
        }
    }

    @Test func `a streamed request with a key of its own is refused`() async throws {
        try await withAPI { api in
            let headers = ndjson + [("Idempotency-Key", "k")]
            let answer = try api.ask("POST", "/v1/jobs:bulk", #"{"kind":"a"}"#, headers: headers)
            #expect(answer.status == 400)
            #expect(try answer.codes == ["not_supported"])
            #expect(try api.jobCount() == 0)
        }
    }

    @Test func `lines after which the client is gone are kept, and the next request is served`() async throws {
        try await withAPI { api in
            do {
                let client = try TestClient(api.address)
                var request = api.request("POST", "/v1/jobs:bulk", headers: ndjson)
                request.headers.append(("Content-Length", "1000"))
                try client.send(request.bytes + Array("{\"kind\":\"a\"}\n{\"kind\":".utf8))
                _ = try client.head()
                _ = try client.chunk()
            }
            try await eventually { api.log.text.contains("a bulk request broke off") }
            #expect(try api.jobCount() == 1)
            #expect(try api.ask("POST", "/v1/jobs:bulk", #"{"kind":"a"}"#, headers: ndjson).status == 200)
        }
    }
}
