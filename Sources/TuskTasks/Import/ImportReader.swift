/// Reads a file piece by piece and finds its rows. Memory does not grow with the file.
struct ImportReader: ~Copyable {
    /// Bytes read at once, which also bounds a batch: 4 MiB.
    static let bufferBytes = 4 << 20

    /// A row, or a line that is none.
    enum Item {
        /// Its fields are in the parser's `fields`, its bytes at `range` of the buffer.
        case row(line: Int, range: Range<Int>)
        case fault(CSVFault, line: Int, range: Range<Int>)
        /// The buffer has no further row; `refill` may bring some.
        case exhausted
    }

    /// What was read last.
    private(set) var buffer: [UInt8]
    private let file: ImportFile
    private var filled = 0
    private var next = 0
    private var line = 1
    private var isLast = false
    /// Whether the rest of a line that did not fit into the buffer is passed over.
    private var isSkipping = false
    /// Bytes of the file before the buffer.
    private var bytesBefore = 0

    init(_ file: ImportFile) throws(ImportFailure) {
        self.file = file
        buffer = [UInt8](repeating: 0, count: Self.bufferBytes)
        try file.rewind()
        _ = try refill()
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        if filled >= mark.count, buffer[..<mark.count].elementsEqual(mark) { next = mark.count }
    }

    /// Bytes of the file that were gone through.
    var bytesRead: Int { bytesBefore + next }

    /// Moves what is left to the front and reads on. False when there is nothing more.
    mutating func refill() throws(ImportFailure) -> Bool {
        guard !isLast else { return false }
        let rest = filled - next
        if next > 0, rest > 0 { buffer.replaceSubrange(0..<rest, with: Array(buffer[next..<filled])) }
        bytesBefore += next
        next = 0
        filled = rest + (try file.read(into: &buffer, from: rest))
        isLast = filled < buffer.count
        return true
    }

    /// The next row or line of the buffer, taken apart by `parser`.
    mutating func item(_ parser: inout CSVParser) -> Item {
        if isSkipping, !skipLine() { return .exhausted }
        let start = next
        let line = line
        let step = parser.next(in: buffer.span.extracting(0..<filled), from: start, isLast: isLast)
        switch step {
        case .row(let end, let next, let lines):
            self.next = next
            self.line += lines
            return .row(line: line, range: start..<end)
        case .fault(let fault, let end, let next):
            self.next = next
            self.line += 1
            return .fault(fault, line: line, range: start..<end)
        case .overlong(let end):
            next = end
            isSkipping = true
            return .fault(.tooLong, line: line, range: start..<end)
        case .incomplete, .finished:
            return .exhausted
        }
    }

    /// How many fields the first row has, without going behind it; 1 when there is none that can be read.
    func peekFieldCount(_ dialect: CSVDialect) -> Int {
        var parser = CSVParser(dialect)
        let step = parser.next(in: buffer.span.extracting(0..<filled), from: next, isLast: isLast)
        guard case .row = step else { return 1 }
        return parser.fields.count
    }

    /// Goes behind the next line feed; false when the buffer has none.
    private mutating func skipLine() -> Bool {
        guard let end = buffer[next..<filled].firstIndex(of: CSVDialect.lineFeed) else {
            next = filled
            return false
        }
        next = end + 1
        line += 1
        isSkipping = false
        return true
    }
}
