import Testing

@testable import TuskHTTP

/// Random damage to valid requests. Whatever comes out, the parser never traps, never takes more than it was given,
/// and gives the same result however the bytes arrive.
struct RequestParserFuzzTests {
    /// Bytes that mean something to the grammar, and some that must not appear.
    private static let spice: [[UInt8]] = [
        "\r\n", "\r", "\n", " ", "\t", ":", "\0", "%", "%2f", "%00", "..", "/", "?", "&", "=", "+", ";", ",", "0", "1",
        "5",
        "F", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "Host: a\r\n", "HTTP/1.1", "\u{7F}", "\u{FF}",
        "0\r\n\r\n", "Expect: 100-continue\r\n",
    ].map { Array($0.utf8) }

    private static let seeds: [UInt64] = Array(1...8)
    /// Mutated requests a seed makes; with all seeds more than 200,000.
    private static let roundsPerSeed = 26_000

    @Test(arguments: seeds)
    func `a damaged request never breaks the parser`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var refusedCount = 0
        let sources = GoodRequests.all.map { Array($0.utf8) }
        for round in 0..<Self.roundsPerSeed {
            let bytes = Self.mutated(sources, &random)
            let split = Int.random(in: 0...bytes.count, using: &random)
            let outcome = Self.check([bytes[..<split], bytes[split...]])
            #expect(outcome.isSound, "seed \(seed), round \(round): \(bytes)")
            if round.isMultiple(of: 16) {
                let whole = Self.check([bytes[...]])
                #expect(whole.parsed.settled == outcome.parsed.settled, "seed \(seed), round \(round): \(bytes)")
            }
            if outcome.parsed.refusal != nil { refusedCount += 1 }
        }
        // The damage must be real, and must not always be fatal at the first byte.
        #expect(refusedCount > Self.roundsPerSeed / 3)
        #expect(refusedCount < Self.roundsPerSeed)
    }

    /// Feeds the pieces and checks what must hold after each.
    private static func check(_ pieces: [ArraySlice<UInt8>]) -> (isSound: Bool, parsed: ParsedRequests) {
        var parser = RequestParser(limits: HTTPLimits())
        var parsed = ParsedRequests([])
        var fed = 0
        var isSound = true
        for piece in pieces {
            parser.feed(piece)
            fed += piece.count
            parsed.drain(&parser, bodyBytesMax: 1024)
            // What came out of the parser and what is still in it were once put in.
            let bodies = parsed.requests.reduce(0) { $0 + $1.body.count }
            isSound = isSound && bodies + parser.unusedCount <= fed
            isSound = isSound && parsed.requests.allSatisfy { $0.body.count <= 1024 && $0.path.utf8.first != nil }
            // Only the last request can be incomplete.
            isSound = isSound && parsed.requests.dropLast().allSatisfy(\.isComplete)
        }
        if let refusal = parsed.refusal {
            parser.feed(Array(GoodRequests.all[0].utf8)[...])
            guard case .refused(refusal) = parser.next() else { return (false, parsed) }
            isSound = isSound && parser.unusedCount == 0
        }
        return (isSound, parsed)
    }

    /// One or two requests in a row with one to four damages.
    private static func mutated(_ sources: [[UInt8]], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = sources[Int.random(in: sources.indices, using: &random)]
        if Bool.random(using: &random) { bytes += sources[Int.random(in: sources.indices, using: &random)] }
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = Int.random(in: 0..<max(1, bytes.count), using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0 where !bytes.isEmpty: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
            case 1 where !bytes.isEmpty: bytes.remove(at: place)
            case 2:
                bytes.insert(
                    contentsOf: spice[Int.random(in: spice.indices, using: &random)],
                    at: min(place, bytes.count)
                )
            case 3:
                let end = min(bytes.count, place + Int.random(in: 1...20, using: &random))
                if place < end { bytes.removeSubrange(place..<end) }
            case 4:
                let end = min(bytes.count, place + Int.random(in: 1...40, using: &random))
                if place < end { bytes.insert(contentsOf: bytes[place..<end], at: place) }
            default: bytes.removeLast(min(bytes.count, Int.random(in: 0...10, using: &random)))
            }
        }
        return bytes
    }
}
