import Glibc
import TuskStore

/// A streamed upload that reads the answers while it sends, as it must: neither side holds more than a little.
struct NDJSONUpload {
    private static let linesInChunk = 500

    let port: UInt16

    /// Sends a line so often in one chunked request; how many lines were answered with 201.
    func send(_ line: String, times: Int) throws -> Int {
        let descriptor = try Loopback.connect(port)
        defer { close(descriptor) }
        let head =
            "POST /v1/jobs:bulk HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-ndjson\r\n"
            + "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        let sender = LoadThread("bench-upload") { _ in
            try Loopback.write(Array(head.utf8)[...], to: descriptor)
            var left = times
            while left > 0 {
                let count = min(left, Self.linesInChunk)
                let body = String(repeating: line, count: count)
                let chunk = String(body.utf8.count, radix: 16) + "\r\n" + body + "\r\n"
                try Loopback.write(Array(chunk.utf8)[...], to: descriptor)
                left -= count
            }
            try Loopback.write(Array("0\r\n\r\n".utf8)[...], to: descriptor)
        }
        let accepted = readAnswers(descriptor)
        try sender.wait()
        return accepted
    }

    /// Reads to the end of the answer and counts the lines that say 201.
    private func readAnswers(_ descriptor: Int32) -> Int {
        let mark = Array("\"status\":201".utf8)
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var matched = 0
        var found = 0
        while case let count = read(descriptor, &buffer, buffer.count), count > 0 {
            for byte in buffer[..<count] {
                matched = byte == mark[matched] ? matched + 1 : (byte == mark[0] ? 1 : 0)
                if matched == mark.count {
                    found += 1
                    matched = 0
                }
            }
        }
        return found
    }
}
