import TestSupport
import Testing
import TuskTelemetry

struct BulkMemoryTests {
    private static let lineCount = 100_000
    /// What may be added after the first tenth. Measured: 1 MiB. All answers together have 5 MB, all jobs some 60.
    private static let growthBytesMax = 4.0 * 1024 * 1024

    @Test func `100,000 lines go through in constant memory`() async throws {
        // In a process of its own, where no other test needs memory.
        await #expect(processExitsWith: .success) {
            try await withAPI { api in try Self.stream(api) }
        }
    }

    private static func stream(_ api: APIFixture) throws {
        let client = try TestClient(api.address)
        var request = api.request("POST", "/v1/jobs:bulk", headers: [("Content-Type", "application/x-ndjson")])
        request.headers.append(("Transfer-Encoding", "chunked"))
        try client.send(request.bytes)
        var counter = LineCounter()
        var (least, most) = (Double.infinity, 0.0)
        var sent = 0
        // A window of lines whose answers are outstanding keeps both directions busy.
        while counter.lines < lineCount {
            while sent < lineCount, sent - counter.lines < 4000 {
                try client.send(chunk(from: sent, count: 500))
                sent += 500
                if sent == lineCount { try client.send(Array("0\r\n\r\n".utf8)) }
            }
            if counter.bytes == 0 { #expect(try client.head().status == 200) }
            counter.note(try #require(try client.chunk()))
            let resident = try #require(ProcessStatistics.current()).residentBytes
            // The first tenth shows what one window needs.
            if counter.lines < lineCount / 10 { least = min(least, resident) } else { most = max(most, resident) }
        }
        #expect(counter.isGood)
        #expect(try api.jobCount() == Int64(lineCount))
        #expect(most - least < growthBytesMax, "grew by \(Int((most - least) / 1024)) KiB")
    }

    private static func chunk(from start: Int, count: Int) -> [UInt8] {
        let lines = (start..<(start + count)).map { "{\"kind\":\"k\",\"args\":{\"number\":\($0)}}\n" }.joined()
        return Array("\(String(lines.utf8.count, radix: 16))\r\n\(lines)\r\n".utf8)
    }

    /// Counts answers without keeping them.
    private struct LineCounter {
        private(set) var lines = 0
        private(set) var bytes = 0
        private(set) var isGood = true
        private var rest: [UInt8] = []

        mutating func note(_ chunk: [UInt8]) {
            bytes += chunk.count
            rest += chunk
            var start = 0
            while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
                let expected = "{\"index\":\(lines),\"status\":201,"
                if !rest[start..<end].starts(with: expected.utf8) { isGood = false }
                lines += 1
                start = end + 1
            }
            rest.removeFirst(start)
        }
    }
}
