import Foundation
import Synchronization
import TestSupport
import Testing

@testable import TuskTasks

/// Imports of files that the program `zstd` has compressed: the rows `0,x` to `9,x` again and again.
@Suite struct ZstdImportTests {
    /// The head line `a,b` and 300,000 rows.
    private static let first = """
        KLUv/QRoXAEAsgIIDtBdA0AsTCukCDkTjYUCO7mR+7iNu7iJe7iFO7iBaxUBAJP+X7kqA0QAAAABAP3/K1dARAAAAAEA/f85AAJE
        AAAAAQD9/zkAAkQAAAABAP3/OQACRAAAAAEA/f85AAJEAAAAAQD9/zkAAkQAAAABAP3/OQACRAAAAAEA/f85AAI9AAAAAQCBzw6A
        3apMBQ==
        """
    /// 300,000 rows more.
    private static let second = """
        KLUv/QRoTAEAgoIHDNA9AACIkCLkTDQWCr2zN/a+3ta7elPv6S29ozcEAQCo/l+5KgNEAAAAAQD9/ytXQEQAAAABAP3/OQACRAAA
        AAEA/f85AAJEAAAAAQD9/zkAAkQAAAABAP3/OQACRAAAAAEA/f85AAJEAAAAAQD9/zkAAkQAAAABAP3/OQACPQAAAAEAfc8OgPMW
        8Ag=
        """
    /// A frame that holds nothing, as `pzstd` puts it before others. Source: RFC 8878, 3.1.2.
    private static let skippable: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]

    private static func frame(_ text: String) throws -> [UInt8] {
        Array(try #require(Data(base64Encoded: text, options: .ignoreUnknownCharacters)))
    }

    /// All of the rows.
    static func whole() throws -> [UInt8] {
        try frame(first) + skippable + frame(second)
    }

    private static let table = "create table public.t (a integer, b text)"

    @Test(arguments: [false, true])
    func `frames one behind the other are one file, and those that hold nothing are passed over`(
        isSkippableFirst: Bool
    ) async throws {
        try await withImports { fixture in
            try fixture.database.script(Self.table)
            let bytes = try (isSkippableFirst ? Self.skippable : []) + Self.whole()
            let totals = try fixture.load(ImportArgs(file: fixture.write(bytes), table: "t"))
            #expect(totals == ImportState.Totals(rows: 600_000, rejected: 0, bytes: bytes.count))
            #expect(try fixture.count() == 600_000)
            #expect(try fixture.database.number("select sum(a) from public.t") == 2_700_000)
        }
    }

    @Test func `an import that is stopped on the way goes on inside of a frame`() async throws {
        try await withImports { fixture in
            try fixture.database.script(Self.table)
            let args = ImportArgs(file: try fixture.write(Self.whole()), table: "t")
            var attempts = 0
            var counts: [Int64] = []
            var isDone = false
            while !isDone {
                attempts += 1
                try #require(attempts < 20)
                // Each attempt comes a bit further than the one before.
                let looks = Mutex(5 + attempts)
                let shouldStop = {
                    looks.withLock { left in
                        left -= 1
                        return left <= 0
                    }
                }
                do {
                    try fixture.load(args, chunkBytes: 256 << 10, shouldStop: shouldStop)
                    isDone = true
                } catch TaskFailure.stopped {
                    counts.append(try fixture.count())
                }
            }
            #expect(counts.contains { (1..<600_000).contains($0) }, "\(counts)")
            #expect(try fixture.count() == 600_000)
            #expect(try fixture.database.number("select sum(a) from public.t") == 2_700_000)
        }
    }

    @Test func `a file that ends too early is refused`() async throws {
        try await withImports { fixture in
            try fixture.database.script(Self.table)
            let bytes = try Self.whole()
            // Within the last block, and within its checksum.
            for missing in [20, 2] {
                let args = ImportArgs(file: try fixture.write(Array(bytes.dropLast(missing))), table: "t")
                #expect(throws: TaskFailure.refused("the compressed file ends too early")) { try fixture.load(args) }
                #expect(try fixture.count() == 0)
            }
        }
    }

    @Test func `a file that was changed, or wants too much memory, is refused`() async throws {
        try await withImports { fixture in
            try fixture.database.script(Self.table)
            var changed = try Self.whole()
            changed[changed.count - 1] ^= 1
            // A window of 2^27 bytes, and one raw block of one byte. Source: RFC 8878, 3.1.1.1.2.
            let wide: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, (27 - 10) << 3, 0x09, 0, 0, 0x61]
            var narrow = wide
            narrow[5] = (25 - 10) << 3
            for (bytes, isRefused) in [(changed, true), (wide, true), (narrow, false)] {
                let args = ImportArgs(
                    file: try fixture.write(bytes),
                    table: "t",
                    header: bytes.count > 100
                )
                let words = "the file is not sound zstd, or wants a window of more than 32 MiB"
                if isRefused {
                    #expect(throws: TaskFailure.refused(words)) { try fixture.load(args) }
                } else {
                    #expect(try fixture.load(args).rejected == 1)
                }
                #expect(try fixture.count() == 0)
            }
        }
    }
}
