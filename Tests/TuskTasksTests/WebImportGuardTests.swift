import Foundation
import Synchronization
import TestSupport
import Testing
import TuskCore
import TuskStore

@testable import TuskTasks

/// What an import does not take from another server.
@Suite struct WebImportGuardTests {
    private static let ok = "HTTP/1.1 200 OK\r\n"

    @Test(arguments: [
        ("404 No", TaskFailure.unreadable("the server answered 404")),
        ("403 No", .unreadable("the server answered 403")),
        ("410 Gone", .refused("the server answered 410")), ("503 No", .unavailable("the server answered 503")),
        ("429 No\r\nRetry-After: 7", .busy("the server answered 429", retryAfter: .seconds(7))),
        ("302 No\r\nLocation: /", .refused("the server answered 302, and redirects are not followed")),
        ("206 Part\r\nContent-Range: bytes 0-1/2", .unreadable("the server answered 206")),
        (
            "200 OK\r\nContent-Encoding: br",
            .refused("the server sends the file as br, which nobody has asked for")
        ),
    ])
    func `an answer without the file is a failure of its own`(status: String, failure: TaskFailure) async throws {
        try await withImports { fixture in
            try fixture.database.script("create table public.t (a integer)")
            let server = try LoopbackServer { _ in "HTTP/1.1 \(status)\r\nContent-Length: 4\r\n\r\na\n1\n" }
            #expect(throws: failure) { try fixture.load(ImportArgs(url: server.url, table: "t")) }
            #expect(try fixture.count() == 0)
        }
    }

    @Test func `an answer whose end cannot be told from a cut is refused`() async throws {
        try await withImports { fixture in
            try fixture.database.script("create table public.t (a integer)")
            let server = try LoopbackServer { _ in "\(Self.ok)\r\na\n1\n" }
            let failure = #expect(throws: TaskFailure.self) {
                try fixture.load(ImportArgs(url: server.url, table: "t"))
            }
            #expect(failure?.description.hasPrefix("the server does not say where the file ends") == true)
            #expect(try fixture.count() == 0)
        }
    }

    @Test(arguments: [nil, 100])
    func `a file that is longer than it may be is refused, as it comes and unpacked`(chunkBytes: Int?) async throws {
        try await withImports { fixture in
            try fixture.database.script("create table public.t (a text)")
            let plain = Array("a\n\(String(repeating: "x\n", count: 5000))".utf8)
            for bytes in [plain, GzipCompressor().compress(plain, isLast: true)] {
                let server = try FileServer(.init(bytes: bytes, chunkBytes: chunkBytes))
                var args = ImportArgs(url: server.url, table: "t")
                args.bytesMax = 10_001
                #expect(throws: TaskFailure.refused("the file is longer than 10001 bytes")) { try fixture.load(args) }
                #expect(try fixture.count() == 0)
                args.bytesMax = 10_002
                #expect(try fixture.load(args).rows == 5000)
                try fixture.database.script("truncate public.t")
            }
        }
    }

    @Test(arguments: [
        (#"{"table": "t"}"#, "file or url must be given"),
        (#"{"table": "t", "url": "URL", "file": "a.csv"}"#, "there can be a file or a url, not both"),
        (#"{"table": "t", "file": "a.csv", "headers": {}}"#, "headers is only for a url"),
        (#"{"table": "t", "file": "a.csv", "bytes_max": 1}"#, "bytes_max is only for a url"),
        (#"{"table": "t", "file": "a.csv", "timeout_seconds": 1}"#, "timeout_seconds is only for a url"),
        (#"{"table": "t", "url": "URL", "atomic": true}"#, "atomic is not for a url"),
        (#"{"table": "t", "url": "URL", "bytes_max": 0}"#, "bytes_max must be"),
        (#"{"table": "t", "url": "URL", "timeout_seconds": 21601}"#, "timeout_seconds must be"),
        (#"{"table": "t", "url": "URL", "headers": {"If-Range": "a"}}"#, "headers must not have If-Range"),
        (#"{"table": "t", "url": "ftp://127.0.0.1/a.csv"}"#, "url must start with"),
        (#"{"table": "t", "url": "http://10.0.0.1/a.csv"}"#, "the server's address is not one"),
    ])
    func `what must not be asked for is not asked for`(args: String, reason: String) async throws {
        try await withImports(.migrated) { fixture in
            try fixture.database.script("create table public.t (a integer)")
            let server = try FileServer(.init(bytes: Array("a\n1\n".utf8)))
            let job = try await fixture.run("data.import", args.replacing("URL", with: server.url))
            #expect(job.state == .discarded)
            #expect(job.error?.contains(reason) == true, "\(job.error ?? "")")
            #expect(server.connections == 0)
            #expect(try fixture.count() == 0)
        }
    }

    @Test func `a server whose address is not allowed is refused without a connection`() async throws {
        try await withImports { fixture in
            try fixture.database.script("create table public.t (a integer)")
            let server = try FileServer(.init(bytes: Array("a\n1\n".utf8)))
            #expect(throws: TaskFailure.refused("the server's address is not one that the configuration allows")) {
                try fixture.load(ImportArgs(url: server.url, table: "t"), networks: [])
            }
            #expect(server.connections == 0)
        }
    }

    @Test func `a worker that may not make requests asks no server`() async throws {
        try await withImports(.migrated) { fixture in
            try fixture.database.script("create table public.t (a integer)")
            let server = try FileServer(.init(bytes: Array("a\n1\n".utf8)))
            let args = #"{"table": "t", "url": "\#(server.url)"}"#
            let job = try await fixture.run(
                try .test("data.import", args: args, maxAttempts: 1),
                allowsRequests: false
            )
            #expect(job.error?.contains("url: this worker may not ask other servers") == true)
            #expect(server.connections == 0)
        }
    }

    @Test func `no transaction is open while the server is waited for`() async throws {
        try await withImports { fixture in
            try fixture.database.script(WebRows.table)
            // The rest never comes.
            let server = try FileServer(.init(bytes: WebRows.csv, cuts: [5_000_000]), trickling: true)
            let shouldStop = Mutex(false)
            let ended = DispatchSemaphore(value: 0)
            let failure = Mutex<TaskFailure?>(nil)
            DispatchQueue.global().async {
                let found = #expect(throws: TaskFailure.self) {
                    try fixture.load(
                        ImportArgs(url: server.url, table: "t"),
                        shouldStop: { shouldStop.withLock { $0 } }
                    )
                }
                failure.withLock { $0 = found }
                ended.signal()
            }
            try await eventually(within: .seconds(30), "the rows of the first chunk") { try fixture.count() > 0 }
            let states = "select state from pg_stat_activity where application_name like '%import%'"
            try await eventually(within: .seconds(10), "a session that waits for nothing") {
                try fixture.database.texts(states) == ["idle"]
            }
            shouldStop.withLock { $0 = true }
            try await eventually(within: .seconds(10), "the end") { ended.wait(timeout: .now()) == .success }
            #expect(failure.withLock { $0 } == .stopped)
        }
    }
}
