import Synchronization
import TestSupport

@testable import TuskTasks

/// A server of this machine with one file, whose answers can be cut.
final class FileServer: Sendable {
    /// The file, and how it is answered for.
    struct File: Sendable {
        var bytes: [UInt8]
        /// The entity tag, with its quotes.
        var tag: String?
        /// When it was changed last.
        var modified: String?
        var takesRanges = true
        /// After how many more answers the tag is another one; nil: never.
        var nextTag: (answers: Int, tag: String)?
        /// After how many bytes of the file the first answers are cut.
        var cuts: [Int] = []
        /// Further header lines, each with its line end.
        var headers = ""
        /// How long the pieces are that are sent without a length of the whole; nil: the length is sent.
        var chunkBytes: Int?

        /// What is sent for a request.
        mutating func answer(_ request: String) -> [UInt8] {
            if let next = nextTag {
                if next.answers == 0 { tag = next.tag }
                nextTag = (next.answers - 1, next.tag)
            }
            let validator = Self.header("If-Range", request)
            let range = Self.header("Range", request)?.dropFirst("bytes=".count).dropLast()
            let isSame = validator == nil || validator == tag || validator == modified
            let start = takesRanges && isSame ? range.flatMap { Int($0) } ?? 0 : 0
            var head = start > 0 ? "HTTP/1.1 206 Partial Content\r\n" : "HTTP/1.1 200 OK\r\n"
            if start > 0 { head += "Content-Range: bytes \(start)-\(bytes.count - 1)/\(bytes.count)\r\n" }
            head += "Date: Tue, 24 Nov 2026 04:00:00 GMT\r\n\(headers)"
            if let tag { head += "ETag: \(tag)\r\n" }
            if let modified { head += "Last-Modified: \(modified)\r\n" }
            let end = cuts.isEmpty ? bytes.count : max(start, cuts.removeFirst())
            guard let chunkBytes else {
                return Array("\(head)Content-Length: \(bytes.count - start)\r\n\r\n".utf8) + bytes[start..<end]
            }
            var body: [UInt8] = []
            for place in stride(from: start, to: end, by: chunkBytes) {
                let piece = bytes[place..<min(end, place + chunkBytes)]
                body += Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + Array("\r\n".utf8)
            }
            let last = end == bytes.count ? "0\r\n\r\n" : ""
            return Array("\(head)Transfer-Encoding: chunked\r\n\r\n".utf8) + body + Array(last.utf8)
        }

        static func header(_ name: String, _ request: String) -> String? {
            let line = request.split(separator: "\r\n").first { $0.hasPrefix("\(name): ") }
            return line.map { String($0.dropFirst(name.count + 2)) }
        }
    }

    /// The file, which tests may change.
    private final class Shelf: Sendable {
        let file: Mutex<File>

        init(_ file: File) { self.file = Mutex(file) }
    }

    private let server: LoopbackServer
    private let shelf: Shelf

    /// `trickling`: when an answer was sent a byte follows now and then.
    init(_ file: File, trickling: Bool = false) throws {
        let shelf = Shelf(file)
        self.shelf = shelf
        server = try LoopbackServer(
            trickling: trickling,
            bytes: { request in shelf.file.withLock { $0.answer(request) } }
        )
    }

    var url: String { server.url }
    var requests: [String] { server.requests }
    var connections: Int { server.connections }

    /// Where the parts began that were asked for, in order; nil: all was.
    var starts: [Int?] {
        requests.map { File.header("Range", $0).flatMap { Int($0.dropFirst("bytes=".count).dropLast()) } }
    }

    /// Changes the file.
    func change(_ body: (inout File) -> Void) {
        shelf.file.withLock { body(&$0) }
    }
}

/// Rows for files of servers.
enum WebRows {
    /// The table that takes them.
    static let table = "create table public.t (id integer primary key, note text)"
    /// How many there are.
    static let count = 24_000

    /// About 10 MB; every thousandth row is bad, and notes have line ends.
    static let csv: [UInt8] = {
        let note = String(repeating: "n", count: 400)
        var text = "id,note\n"
        for id in 1...count { text += id.isMultiple(of: 1000) ? "x,\(note)\n" : "\(id),\"\(note)\n\"\n" }
        return Array(text.utf8)
    }()

    /// The same, compressed.
    static let gzip = GzipCompressor().compress(csv, isLast: true)

    /// What is there when each row was brought in once.
    static func areThere(_ fixture: ImportFixture) throws -> Bool {
        let bad = Int64(count / 1000)
        let rejects = "select count(distinct line) + count(*) from public.t_rejects"
        return try fixture.count() == Int64(count) - bad && fixture.database.number(rejects) == 2 * bad
    }
}
