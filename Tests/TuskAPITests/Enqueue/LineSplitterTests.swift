import Testing

@testable import TuskAPI

struct LineSplitterTests {
    private func lines(_ pieces: [[UInt8]], max: Int = 10) -> [LineSplitter.Line] {
        var splitter = LineSplitter(lineBytesMax: max)
        return pieces.flatMap { splitter.feed($0) } + splitter.finish()
    }

    private func line(_ index: Int, _ text: String?) -> LineSplitter.Line {
        LineSplitter.Line(index: index, bytes: text.map { Array($0.utf8) })
    }

    @Test func `lines end in a line feed, and the last one also without`() {
        #expect(lines([Array("a\nbc\nd".utf8)]) == [line(0, "a"), line(1, "bc"), line(2, "d")])
        #expect(lines([Array("a\n".utf8)]) == [line(0, "a")])
        #expect(lines([]) == [])
    }

    @Test func `blank lines are counted and left out`() {
        #expect(lines([Array("a\n\n \t\r\nb\r\n".utf8)]) == [line(0, "a"), line(3, "b\r")])
    }

    @Test func `a line that is too long does not spoil its neighbours`() {
        let text = "a\n" + String(repeating: "x", count: 11) + "\n" + String(repeating: "y", count: 10) + "\n"
        #expect(lines([Array(text.utf8)]) == [line(0, "a"), line(1, nil), line(2, "yyyyyyyyyy")])
        #expect(lines([Array(repeating: 0x78, count: 100)]) == [line(0, nil)])
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `where the body is cut into pieces makes no difference`(seed: UInt64) {
        var random = SplitMix64(state: seed)
        let alphabet = Array("ab \r\n\n".utf8)
        let body = (0..<300).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] }
        var pieces: [[UInt8]] = []
        var rest = body[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Int.random(in: 1...9, using: &random))
            pieces.append(Array(piece))
            rest = rest.dropFirst(piece.count)
        }
        #expect(lines(pieces) == lines([body]))
        let texts = body.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let expected = texts.enumerated().compactMap { index, text -> LineSplitter.Line? in
            if text.count > 10 { return LineSplitter.Line(index: index, bytes: nil) }
            let isBlank = text.allSatisfy { $0 == 0x20 || $0 == 0x0D }
            return isBlank ? nil : LineSplitter.Line(index: index, bytes: Array(text))
        }
        #expect(lines([body]) == expected)
    }
}
