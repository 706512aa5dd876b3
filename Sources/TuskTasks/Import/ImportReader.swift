/// Reads a source piece by piece and finds its rows. Memory does not grow with the file.
struct ImportReader: ~Copyable {
    /// Bytes read at once, which also bounds a batch: 4 MiB.
    static let bufferBytes = 4 << 20

    /// A row, or a line that is none.
    enum Item {
        /// Its bytes are at `range` of the buffer.
        case row(line: Int, range: Range<Int>)
        case fault(CSVFault, line: Int, range: Range<Int>)
        /// The buffer has no further row; `refill` may bring some.
        case exhausted
    }

    /// What was read last.
    private(set) var buffer: [UInt8]
    private let bytes: InputBytes
    private var filled = 0
    private var next = 0
    /// The line at `offset`, from 1.
    private(set) var line = 1
    /// Whether nothing follows the buffer.
    private(set) var isLast = false
    /// Whether the rest of a line that did not fit into the buffer is passed over.
    private(set) var isSkipping = false
    /// Bytes before the buffer.
    private var bytesBefore = 0

    /// A reader at the start; no more than `bytesMax` are read at once, as long as a row fits in.
    init(_ bytes: InputBytes, bytesMax: Int = .max) throws(TaskFailure) {
        self.bytes = bytes
        buffer = [UInt8](repeating: 0, count: max(CSVParser.rowBytesMax, min(Self.bufferBytes, bytesMax)))
        _ = try refill()
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        if filled >= mark.count, buffer[..<mark.count].elementsEqual(mark) { next = mark.count }
    }

    /// How many plain bytes were gone through.
    var offset: Int { bytesBefore + next }

    /// Goes to a place where a row starts. `line` is the line there. Nothing is read when the buffer has it.
    mutating func restart(at offset: Int, line: Int) throws(TaskFailure) {
        isSkipping = false
        if !(bytesBefore...(bytesBefore + filled)).contains(offset) {
            bytesBefore = try bytes.go(to: offset)
            (filled, next, isLast) = (0, 0, false)
            _ = try refill()
        }
        while bytesBefore + filled < offset {
            next = filled
            guard try refill() else { throw .refused("the file is shorter than it was in the attempt before") }
        }
        next = offset - bytesBefore
        self.line = line
    }

    /// Moves what is left to the front and reads on. False when there is nothing more.
    mutating func refill() throws(TaskFailure) -> Bool {
        guard !isLast else { return false }
        let rest = filled - next
        if next > 0, rest > 0 { buffer.replaceSubrange(0..<rest, with: Array(buffer[next..<filled])) }
        bytesBefore += next
        next = 0
        filled = rest + (try bytes.read(into: &buffer, from: rest))
        isLast = filled < buffer.count
        return true
    }

    /// The next row or line of the buffer, found by `rows`.
    mutating func item(_ rows: inout some RowFinder) -> Item {
        if isSkipping, !skipLine() { return .exhausted }
        let start = next
        let line = line
        let step = rows.next(in: buffer.span.extracting(0..<filled), from: start, isLast: isLast)
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

    /// The first line from here, as far as the buffer has it.
    var peekedLine: ArraySlice<UInt8> { buffer[next..<filled].prefix { $0 != CSVDialect.lineFeed } }

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
