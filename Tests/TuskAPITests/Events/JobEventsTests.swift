import TestSupport
import Testing
import TuskCore
import TuskHTTP
import TuskStore
import TuskTelemetry

@testable import TuskAPI

/// One event as a client reads it.
private struct Event: Equatable {
    var name = ""
    var id = ""
    var data = ""
}

/// A client of `GET /v1/jobs/{id}/events`.
private final class EventClient {
    let client: TestClient
    let head: TestAnswer
    private var rest = ""

    init(_ api: APIFixture, _ id: String, after last: String? = nil) throws {
        client = try TestClient(api.address)
        let headers = last.map { [("Last-Event-ID", $0)] } ?? []
        try client.send(api.request("GET", "/v1/jobs/\(id)/events", headers: headers).bytes)
        head = try client.head()
    }

    /// The next event; nil at the end of the stream.
    func next() throws -> Event? {
        while true {
            guard let end = rest.firstRange(of: "\n\n") else {
                guard let chunk = try client.chunk() else { return nil }
                rest += String(decoding: chunk, as: UTF8.self)
                continue
            }
            let block = rest[..<end.lowerBound]
            rest = String(rest[end.upperBound...])
            var event = Event()
            for line in block.split(separator: "\n") {
                if line.hasPrefix("event: ") { event.name = String(line.dropFirst(7)) }
                if line.hasPrefix("id: ") { event.id = String(line.dropFirst(4)) }
                if line.hasPrefix("data: ") { event.data = String(line.dropFirst(6)) }
            }
            if !event.name.isEmpty { return event }
        }
    }
}

struct JobEventsTests {
    /// Claims the one job there is.
    private func claimed(_ api: APIFixture, _ session: StoreSession, _ worker: WorkerID) throws -> ClaimedJob {
        try #require(try api.claim(session, worker).first)
    }

    @Test func `states, progress and lines come in order, and the end ends the stream`() async throws {
        try await withAPI { api in
            let id = try api.enqueue()
            let events = try EventClient(api, id)
            #expect(events.head.status == 200 && events.head["content-type"] == "text/event-stream")
            let first = try #require(try events.next())
            #expect(first.name == "state" && first.data.contains(#""state":"available""#) && first.id == "0-0")
            try api.working { session, worker in
                let job = try claimed(api, session, worker)
                let second = try #require(try events.next())
                #expect(second.name == "state" && second.data.contains(#""state":"running""#))
                let report = ProgressReport(id: job.id, lease: job.lease, fraction: 0.5, message: "half")
                try session.write([report], worker: worker)
                #expect(try events.next()?.data == #"{"fraction":0.5,"message":"half"}"#)
                let line = JobLogLine(id: job.id, lease: job.lease, line: 1, level: 4, message: "a\u{2028}b\nc")
                try session.write([line], worker: worker)
                let third = try #require(try events.next())
                #expect(third.name == "log" && third.id == "\(job.lease.rawValue)-1")
                #expect(third.data.contains(#""level":"warning""#) && third.data.contains("a\u{2028}b\\nc"))
                let last = JobLogLine(id: job.id, lease: job.lease, line: 2, level: 6, message: "last words")
                try session.write([last], worker: worker)
                _ = try session.settle([SettleEntry(job, .complete, startedAgo: .zero)], worker: worker)
                #expect(try events.next()?.data.contains("last words") == true)
                let end = try #require(try events.next())
                #expect(end.name == "state" && end.data.contains(#""state":"completed""#))
                #expect(end.id == "\(job.lease.rawValue)-2-end")
                #expect(try events.next() == nil)
                // Who comes again after the end has nothing to wait for.
                #expect(try EventClient(api, id, after: end.id).head.status == 204)
            }
        }
    }

    @Test func `who comes again gets the lines after the last one it has`() async throws {
        try await withAPI { api in
            let id = try api.enqueue()
            try api.working { session, worker in
                let job = try claimed(api, session, worker)
                let lines = (1...5).map {
                    JobLogLine(id: job.id, lease: job.lease, line: $0, level: 6, message: "line \($0)")
                }
                try session.write(lines, worker: worker)
                _ = try session.settle([SettleEntry(job, .complete, startedAgo: .zero)], worker: worker)
                let events = try EventClient(api, id, after: "\(job.lease.rawValue)-3")
                #expect(try events.next()?.data.contains("line 4") == true)
                #expect(try events.next()?.data.contains("line 5") == true)
                #expect(try events.next()?.name == "state")
                #expect(try events.next() == nil)
            }
        }
    }

    @Test func `a stream of no job, or after no event, is refused`() async throws {
        try await withAPI { api in
            #expect(try EventClient(api, "1024").head.status == 404)
            let id = try api.enqueue()
            for last in ["x", "1", "1-2-3", "-1-2", "1--end"] {
                #expect(try EventClient(api, id, after: last).head.status == 400, "\(last)")
            }
        }
    }

    @Test func `there are only so many streams, and one that ends makes room`() async throws {
        try await withAPI(configure: { $0.jobStreamsMax = 2 }) { api in
            let id = try api.enqueue()
            let first = try EventClient(api, id)
            _ = try first.next()
            do {
                let second = try EventClient(api, id)
                _ = try second.next()
                #expect(try EventClient(api, id).head.status == 503)
            }
            try await eventually(within: .seconds(10), "room") { try EventClient(api, id).head.status == 200 }
        }
    }

    @Test func `a client that takes nothing is dropped, and others are served meanwhile`() async throws {
        try await withAPI(configure: { $0.jobStreamStallMax = .milliseconds(300) }) { api in
            let id = try api.enqueue()
            try api.working { session, worker in
                let job = try claimed(api, session, worker)
                let text = String(repeating: "x", count: 8000)
                for part in 0..<4 {
                    let lines = (1...1000).map { number in
                        JobLogLine(
                            id: job.id,
                            lease: job.lease,
                            line: Int32(part * 1000 + number),
                            level: 6,
                            message: text
                        )
                    }
                    try session.write(lines, worker: worker)
                }
            }
            let idle = try EventClient(api, id)
            let other = try EventClient(api, try api.enqueue(#"{"kind":"other"}"#))
            #expect(try other.next()?.name == "state")
            let gauge = { String(decoding: api.registry.text(), as: UTF8.self).contains("tusk_sse_clients 1\n") }
            try await eventually(within: .seconds(20), "the end of the idle one", gauge)
            // What was sent can be read, and then the stream breaks instead of ending.
            #expect(throws: TestClient.Broken.self) { while try idle.next() != nil {} }
        }
    }

    @Test func `a draining API ends its streams`() async throws {
        try await withAPI { api in
            let events = try EventClient(api, try api.enqueue())
            _ = try events.next()
            api.api.drain()
            #expect(try events.next() == nil)
        }
    }
}
