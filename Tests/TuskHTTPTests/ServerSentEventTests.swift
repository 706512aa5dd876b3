import Testing

@testable import TuskHTTP

struct ServerSentEventTests {
    @Test func `an event is written line by line`() {
        let event = ServerSentEvent(data: "a\nb\n", name: "job\nid: 1", id: "7\r\n")
        #expect(String(decoding: event.bytes, as: UTF8.self) == "id: 7\nevent: jobid: 1\ndata: a\ndata: b\ndata: \n\n")
        #expect(String(decoding: ServerSentEvent.keepAlive.bytes, as: UTF8.self) == ": keep-alive\n\n")
    }

    @Test func `only the line ends of event streams divide data`() {
        let event = ServerSentEvent(data: "a\u{2028}b\u{85}c\rd\r\ne")
        #expect(String(decoding: event.bytes, as: UTF8.self) == "data: a\u{2028}b\u{85}c\ndata: d\ndata: e\n\n")
    }
}
