import TestSupport
import Testing

@testable import TuskTasks

/// Answers that are read at the reader's own pace.
@Suite struct HTTPStreamTests {
    private func client(_ trusted: TrustedAuthorities? = nil) throws -> HTTPClient {
        HTTPClient(guardian: NetworkGuard(allowing: [try #require(Network("127.0.0.0/8"))]), trusting: trusted)
    }

    private func readAll(_ stream: HTTPStream, pieceBytes: Int) throws -> [UInt8] {
        var all: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: pieceBytes)
        while true {
            let count = try stream.read(into: &piece, piece.indices)
            all += piece.prefix(count)
            if count < pieceBytes { return all }
        }
    }

    private static let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }

    @Test(arguments: [nil, 100, 70_000], [1000, 999_983])
    func `what is read is what was sent, and little is kept`(chunkBytes: Int?, pieceBytes: Int) throws {
        let server = try FileServer(.init(bytes: Self.bytes, chunkBytes: chunkBytes))
        let call = HTTPCall(url: server.url, timeout: .seconds(30))
        let stream = try client().stream(call, keptBytesMax: 1, shouldStop: { false })
        #expect(try stream.head().status == 200)
        var first: [UInt8] = [0]
        #expect(try stream.read(into: &first, 0..<1) == 1)
        // What there was no room for waits: a piece is that of the server, or of libcurl.
        #expect(stream.keptBytes < min(chunkBytes ?? .max, 16 << 10))
        #expect(try first + readAll(stream, pieceBytes: pieceBytes) == Self.bytes)
        #expect(stream.keptBytes == 0)
    }

    @Test func `an answer that is cut fails, and one that is not ends`() throws {
        let server = try FileServer(.init(bytes: Self.bytes, cuts: [1_000_000]))
        let call = HTTPCall(url: server.url, timeout: .seconds(30))
        #expect(throws: TaskFailure.self) {
            try readAll(client().stream(call, shouldStop: { false }), pieceBytes: 5_000_000)
        }
        let stream = try client().stream(call, shouldStop: { false })
        #expect(try readAll(stream, pieceBytes: 5_000_000).count == 3_000_000)
        #expect(try readAll(stream, pieceBytes: 5_000_000).isEmpty)
    }

    @Test func `a server that trickles is given up, and one whose answer was not read for long is not`() async throws {
        var call = HTTPCall(url: "", timeout: .seconds(30))
        call.pace = AnswerPace(bytesPerSecondMin: 100_000, window: .milliseconds(200))
        let slow = try FileServer(.init(bytes: Self.bytes, cuts: [10]), trickling: true)
        call.url = slow.url
        #expect(throws: TaskFailure.unavailable(call.pace.words)) {
            try readAll(client().stream(call, shouldStop: { false }), pieceBytes: 10_000)
        }
        let server = try FileServer(.init(bytes: Self.bytes))
        call.url = server.url
        let stream = try client().stream(call, keptBytesMax: 1, shouldStop: { false })
        _ = try stream.head()
        let start = ContinuousClock.now
        try await eventually { start.duration(to: .now) > .milliseconds(1500) }
        #expect(try readAll(stream, pieceBytes: 5_000_000).count == 3_000_000)
    }

    @Test func `a server is asked when who vouches for it is trusted, and no other`() throws {
        let servers = try (0..<2).map { _ in try TLSServer() }
        defer { for server in servers { #expect(throws: Never.self) { try server.end() } } }
        let client = try client(TrustedAuthorities(servers[0].certificate, system: []))
        let head = { (url: String) throws in
            try client.stream(HTTPCall(url: url, timeout: .seconds(10)), shouldStop: { false }).head()
        }
        #expect(try head(servers[0].url).status == 200)
        let refusal = "the request failed: ssl peer certificate or ssh remote key was not ok"
        #expect(throws: TaskFailure.unreadable(refusal)) { try head(servers[1].url) }
    }
}
