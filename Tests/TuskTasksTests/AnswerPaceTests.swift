import Testing

@testable import TuskTasks

@Suite struct AnswerPaceTests {
    /// What had come after so many seconds, from the beginning of the request.
    @Test(arguments: [
        ([(0, 0), (59, 0), (600, 0)], nil),
        ([(0, 0), (300, 1), (359, 2), (360, 3)], 360),
        ([(1, 10), (60, 20), (61, 6010), (121, 12_010), (181, 18_009)], 181),
        ([(1, 10), (30, 1_000_000), (61, 1_000_000), (122, 1_000_000)], 122),
    ])
    func `an answer that has begun has to go on`(moments: [(second: Int, bytes: Int)], slowAt: Int?) {
        var watch = AnswerPace.Watch(AnswerPace())
        let start = ContinuousClock.now
        let slow = moments.first { moment in
            watch.isTooSlow(bytes: moment.bytes, at: start.advanced(by: .seconds(moment.second)))
        }
        #expect(slow?.second == slowAt)
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", "HTTP/1.1 200 OK\r\nX-Long: ",
    ])
    func `a server that sends a byte now and then is given up`(beginning: String) throws {
        let server = try LoopbackServer(trickling: true) { _ in beginning }
        let client = HTTPClient(guardian: NetworkGuard(allowing: [try #require(Network("127.0.0.1"))]))
        var call = HTTPCall(url: server.url, timeout: .seconds(30))
        call.pace = AnswerPace(bytesPerSecondMin: 1000, window: .milliseconds(300))
        let start = ContinuousClock.now
        #expect(throws: TaskFailure.unavailable("the answer came with less than 1000 bytes a second")) {
            try client.perform(call, shouldStop: { false }, onHead: { _ in }, onBody: { _ in })
        }
        #expect(start.duration(to: .now) < .seconds(10))
    }
}
