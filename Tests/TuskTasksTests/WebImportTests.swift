import TestSupport
import Testing
import TuskCore
import TuskStore

@testable import TuskTasks

/// Imports of what another server sends.
@Suite struct WebImportTests {
    private static let old = "Mon, 23 Nov 2026 04:00:00 GMT"

    @Test(arguments: [nil, 1000])
    func `rows come from a server, plain or compressed, with a length or in pieces`(chunkBytes: Int?) async throws {
        try await withImports { fixture in
            let zstd = try ZstdImportTests.whole()
            let lines = Array("{\"a\":1,\"b\":\"x\"}\n{\"a\":2}\n".utf8)
            let plain = Array("a,b\n1,x\n2,\n".utf8)
            let gzip = GzipCompressor().compress(plain, isLast: true)
            for (name, bytes, rows) in [
                ("n.csv", plain, 2), ("n", gzip, 2), ("n.csv.zst?a=b.ndjson", zstd, 600_000),
                ("n.ndjson?key=a.csv", lines, 2), ("n.jsonl.gz", GzipCompressor().compress(lines, isLast: true), 2),
            ] {
                try fixture.database.script("drop table if exists public.t; create table public.t (a integer, b text)")
                let server = try FileServer(.init(bytes: bytes, chunkBytes: chunkBytes))
                let totals = try fixture.load(ImportArgs(url: "\(server.url)/\(name)", table: "t"))
                #expect(totals == ImportState.Totals(rows: rows, rejected: 0, bytes: bytes.count), "\(name)")
                #expect(try fixture.count() == Int64(rows))
                #expect(server.starts == [nil])
                #expect(server.requests.first?.contains("\r\nAccept-Encoding: identity\r\n") == true)
                fixture.cursor = nil
            }
        }
    }

    @Test func `the bytes tell a compression, whatever the server says of it`() async throws {
        try await withImports(.migrated) { fixture in
            try fixture.database.script("create table public.t (a integer)")
            let gzip = GzipCompressor().compress(Array("a\n1\n".utf8), isLast: true)
            let server = try FileServer(.init(bytes: gzip, headers: "Content-Encoding: gzip\r\n"))
            let job = try await fixture.run("data.import", #"{"url": "\#(server.url)", "table": "t"}"#)
            #expect(job.state == .completed, "\(job.error ?? "")")
            let digest = Digest.hexadecimal(Digest.sha256(gzip))
            let bytes = #""bytes":\#(gzip.count),"sha256":"\#(digest)"}"#
            #expect(job.result?.text == #"{"rows":1,"rejected":0,\#(bytes)"#)
            #expect(try fixture.count() == 1)
        }
    }

    /// How the server lets the next attempt tell whether the file is the same.
    @Test(arguments: [
        ("\"one\"" as String?, nil as String?, true), (nil, old, true), ("\"one\"", nil, false),
        ("W/\"one\"", nil, true),
    ])
    func `an import whose connection is cut goes on, and every row is there once`(
        tag: String?,
        modified: String?,
        takesRanges: Bool
    ) async throws {
        try await withImports(.migrated) { fixture in
            try fixture.database.script(WebRows.table)
            var file = FileServer.File(bytes: WebRows.csv, tag: tag, modified: modified, takesRanges: takesRanges)
            file.cuts = [4_600_000, 4_700_000, 9_500_000]
            let server = try FileServer(file)
            let args = #"{"url": "\#(server.url)/a.csv", "table": "t"}"#
            let job = try await fixture.run(
                try .test("data.import", args: args, maxAttempts: 9, retry: .fixed(delay: .zero))
            )
            #expect(job.state == .completed, "\(job.error ?? "")")
            #expect(try WebRows.areThere(fixture))
            // The first answer is cut behind the first chunk.
            let jumps = server.starts.compactMap { $0 }
            #expect(jumps.isEmpty == (tag?.hasPrefix("W/") == true), "\(server.starts)")
            #expect(jumps.allSatisfy { $0 > 4_000_000 })
            let hasDigest = job.result?.text.contains(Digest.hexadecimal(Digest.sha256(WebRows.csv))) == true
            #expect(hasDigest == (jumps.isEmpty || !takesRanges), "\(job.result?.text ?? "")")
        }
    }

    @Test(arguments: [ImportArgs.Mode.append, .upsert, .replace], [true, false])
    func `an import that is stopped after each chunk brings in every row once`(
        mode: ImportArgs.Mode,
        isPlain: Bool
    ) async throws {
        try await withImports { fixture in
            try fixture.database.script(WebRows.table)
            let bytes = isPlain ? WebRows.csv : WebRows.gzip
            let server = try FileServer(.init(bytes: bytes, tag: "\"one\""))
            let key = mode == .upsert ? ["id"] : nil
            let args = ImportArgs(url: server.url, table: "t", mode: mode, key: key)
            var attempts = 0
            var totals: ImportState.Totals?
            while totals == nil {
                attempts += 1
                try #require(attempts < 20)
                let cursor = fixture.cursor
                do {
                    totals = try fixture.load(args, chunkBytes: 1 << 20, shouldStop: { fixture.cursor != cursor })
                } catch TaskFailure.stopped {
                    continue
                }
            }
            #expect(attempts > 4)
            #expect(totals?.bytes == bytes.count)
            #expect(try WebRows.areThere(fixture))
            #expect(server.starts.contains { $0 != nil } == isPlain)
            #expect(fixture.fractions == fixture.fractions.sorted())
            #expect(fixture.fractions.last == 1)
        }
    }

    /// What was changed, and what the server says that tells it.
    enum Change: CaseIterable {
        case tag, date, length, bytes, tail, isGone
    }

    @Test(arguments: Change.allCases)
    func `a file that has changed since the attempt before is refused, and what is loaded stays`(
        change: Change
    ) async throws {
        try await withImports { fixture in
            try fixture.database.script(WebRows.table)
            let server = try FileServer(.init(bytes: WebRows.csv))
            server.change { file in
                if change == .tag || change == .isGone { file.tag = "\"one\"" }
                if change == .date || change == .tail { file.modified = Self.old }
            }
            let args = ImportArgs(url: server.url, table: "t")
            #expect(throws: TaskFailure.stopped) {
                try fixture.load(args, chunkBytes: 1 << 20, shouldStop: { fixture.cursor != nil })
            }
            let before = try fixture.count()
            #expect(before > 0)
            server.change { file in
                switch change {
                case .tag: file.tag = "\"two\""
                case .date, .tail: file.modified = "Mon, 23 Nov 2026 04:00:01 GMT"
                case .length: file.bytes += Array("1000,x\n".utf8)
                case .bytes: file.bytes[500] = UInt8(ascii: "N")
                case .isGone: (file.bytes, file.tag) = ([], nil)
                }
            }
            let failure = #expect(throws: TaskFailure.self) { try fixture.load(args, chunkBytes: 1 << 20) }
            #expect(failure?.description.hasPrefix("the file has changed since the attempt before") == true)
            #expect(try fixture.count() == before)
        }
    }

    @Test func `a file that changes between two requests of one attempt is refused`() async throws {
        try await withImports { fixture in
            try fixture.database.script(WebRows.table)
            let server = try FileServer(.init(bytes: WebRows.csv, tag: "\"one\""))
            let args = ImportArgs(url: server.url, table: "t")
            let stop = { (fixture.cursor.flatMap(ImportState.init)?.offset ?? 0) > 5 << 20 }
            #expect(throws: TaskFailure.stopped) { try fixture.load(args, chunkBytes: 1 << 20, shouldStop: stop) }
            let before = try fixture.count()
            // The first answer of the next attempt has the tag of before, and the second is of another file.
            server.change { $0.nextTag = (1, "\"two\"") }
            let failure = #expect(throws: TaskFailure.self) { try fixture.load(args, chunkBytes: 1 << 20) }
            #expect(failure?.description.hasPrefix("the file has changed since the attempt before") == true)
            #expect(server.starts.last.flatMap { $0 } != nil)
            #expect(try fixture.count() == before)
        }
    }
}
