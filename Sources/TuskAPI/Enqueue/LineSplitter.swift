/// Takes a body apart into lines as its pieces arrive, holding no more than one line; pure.
struct LineSplitter {
    struct Line: Equatable {
        /// From 0; blank lines count.
        let index: Int
        /// Without its end; nil when it was too long.
        let bytes: [UInt8]?
    }

    private let lineBytesMax: Int
    private var rest: [UInt8] = []
    private var isTooLong = false
    private var index = 0

    init(lineBytesMax: Int) {
        self.lineBytesMax = lineBytesMax
    }

    /// The lines that are complete with this piece; blank ones are left out.
    mutating func feed(_ piece: [UInt8]) -> [Line] {
        var lines: [Line] = []
        var start = 0
        while let end = piece[start...].firstIndex(of: UInt8(ascii: "\n")) {
            append(piece[start..<end])
            take(into: &lines)
            start = end + 1
        }
        append(piece[start...])
        return lines
    }

    /// What stands behind the last line end, if anything.
    mutating func finish() -> [Line] {
        var lines: [Line] = []
        take(into: &lines)
        return lines
    }

    private mutating func append(_ bytes: ArraySlice<UInt8>) {
        if isTooLong || rest.count + bytes.count > lineBytesMax {
            (isTooLong, rest) = (true, [])
        } else {
            rest.append(contentsOf: bytes)
        }
    }

    private mutating func take(into lines: inout [Line]) {
        if isTooLong {
            lines.append(Line(index: index, bytes: nil))
        } else if !rest.allSatisfy(Self.isBlank) {
            lines.append(Line(index: index, bytes: rest))
        }
        (rest, isTooLong) = ([], false)
        index += 1
    }

    /// What JSON has between values.
    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0D
    }
}
