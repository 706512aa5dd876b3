import Testing

@testable import TuskHTTP

struct ServerSentEventTests {
    @Test func `an event is written line by line`() {
        let event = ServerSentEvent(data: "a\nb\n", name: "job\nid: 1", id: "7\r\n")
        #expect(String(decoding: event.bytes, as: UTF8.self) == "id: 7\nevent: jobid: 1\ndata: a\ndata: b\ndata: \n\n")
        #expect(String(decoding: ServerSentEvent.keepAlive.bytes, as: UTF8.self) == ": keep-alive\n\n")
    }
}
