/// Reads one JSON text from front to back and writes the tape.
///
/// Nothing recurses and nothing is looked at twice except the keys of an object, when it closes. The containers that
/// are open form a list through their `end` fields, so there is no other stack:
///
/// ```
///  ----> value --- scalar, or ] or } of the outermost container ---> done
///         | |  \
///         | |   scalar in a container --------------> separator <---+
///         | [                                          ^  ^  |      |
///         | v                                          |  |  |  , value
///         | firstElement --- ] or scalar --------------+  |  |  , "key" : value
///         {                                               |  +------+
///         v                                               |
///         firstKey --- } or "key" : scalar ---------------+
/// ```
///
/// A value that opens a container leads to `firstElement` or `firstKey` from wherever it stands, and the bracket
/// that closes one leads to `separator`, or to `done` when it was the outermost.
struct JSONScanner {
    /// A fault and the place it is in; the scanner turns it into an error with a pointer.
    struct Fault: Error {
        enum Place {
            /// The innermost open container.
            case container
            /// The value that would come next in it.
            case value
            /// The member of it whose key is this node.
            case member(Int)
        }

        let offset: Int
        let reason: JSONError.Reason
        var place = Place.value
    }

    private enum State {
        case value, firstElement, firstKey, separator, done
    }

    let limits: JSONLimits
    private(set) var nodes: [JSONNode] = []
    /// The innermost open container, or `noNode`.
    private(set) var open = JSONNode.noNode
    var position = 0
    private var depth = 0
    private var valueCount = 0

    init(limits: JSONLimits) {
        self.limits = limits
    }

    /// Reads the whole text; afterwards `nodes` is its tape, the root first.
    mutating func scan(_ bytes: Span<UInt8>) throws(Fault) {
        guard bytes.count <= min(limits.bytesMax, JSONLimits.bytesCeiling) else {
            throw Fault(offset: limits.bytesMax, reason: .tooLarge)
        }
        // Requests have a value or key each 7 bytes or more; one allocation is enough for them.
        nodes.reserveCapacity(bytes.count / 7 + 4)
        try refuseByteOrderMark(bytes)
        skipWhitespace(bytes)
        guard position < bytes.count else { throw Fault(offset: position, reason: .empty) }
        var state = State.value
        while state != .done {
            try skipToToken(bytes)
            state = try step(state, bytes)
        }
        skipWhitespace(bytes)
        guard position == bytes.count else { throw Fault(offset: position, reason: .trailingBytes) }
    }

    /// One arrow of the picture above. There is a byte at `position` and it is no whitespace.
    @inline(__always)
    private mutating func step(_ state: State, _ bytes: Span<UInt8>) throws(Fault) -> State {
        switch state {
        case .value:
            return try scanValue(bytes)
        case .firstElement:
            return bytes[position] == UInt8(ascii: "]") ? try close(.array, bytes) : try scanValue(bytes)
        case .firstKey:
            return bytes[position] == UInt8(ascii: "}") ? try close(.object, bytes) : try scanKey(bytes)
        case .separator:
            return try scanSeparator(bytes)
        case .done:
            return .done
        }
    }

    @inline(__always)
    private mutating func skipWhitespace(_ bytes: Span<UInt8>) {
        while position < bytes.count {
            let byte = bytes[position]
            guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            position += 1
        }
    }

    /// Leads to the next byte that is no whitespace; there has to be one.
    @inline(__always)
    private mutating func skipToToken(_ bytes: Span<UInt8>) throws(Fault) {
        skipWhitespace(bytes)
        guard position < bytes.count else { throw Fault(offset: position, reason: .unexpectedEnd) }
    }

    private func refuseByteOrderMark(_ bytes: Span<UInt8>) throws(Fault) {
        guard bytes.count >= 2 else { return }
        let isUTF8Mark = bytes.count >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF
        let isUTF16Mark = bytes[0] == 0xFE && bytes[1] == 0xFF || bytes[0] == 0xFF && bytes[1] == 0xFE
        guard !isUTF8Mark, !isUTF16Mark else { throw Fault(offset: 0, reason: .byteOrderMark) }
    }

    // MARK: Values

    private mutating func scanValue(_ bytes: Span<UInt8>) throws(Fault) -> State {
        guard valueCount < limits.nodesMax else { throw Fault(offset: position, reason: .tooManyNodes) }
        let start = position
        var hasEscape = false
        let kind: JSONNode.Kind
        switch bytes[position] {
        case UInt8(ascii: "\""):
            kind = .string
            hasEscape = try scanString(bytes)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            kind = .number
            try scanNumber(bytes)
        case UInt8(ascii: "{"):
            return try openContainer(.object, then: .firstKey)
        case UInt8(ascii: "["):
            return try openContainer(.array, then: .firstElement)
        case UInt8(ascii: "t"):
            kind = .true
            try scanLiteral("true", bytes)
        case UInt8(ascii: "f"):
            kind = .false
            try scanLiteral("false", bytes)
        case UInt8(ascii: "n"):
            kind = .null
            try scanLiteral("null", bytes)
        case UInt8(ascii: "+"), UInt8(ascii: "."):
            throw Fault(offset: position, reason: .invalidNumber)
        default:
            throw Fault(offset: position, reason: .unexpectedByte)
        }
        append(kind, start: start, hasEscape: hasEscape)
        valueCount += 1
        return open == JSONNode.noNode ? .done : .separator
    }

    private mutating func scanLiteral(_ word: String, _ bytes: Span<UInt8>) throws(Fault) {
        for letter in word.utf8 {
            guard position < bytes.count else { throw Fault(offset: position, reason: .unexpectedEnd) }
            guard bytes[position] == letter else {
                throw Fault(offset: position, reason: .unexpectedByte)
            }
            position += 1
        }
    }

    @inline(__always)
    private mutating func append(_ kind: JSONNode.Kind, start: Int, hasEscape: Bool) {
        let node = JSONNode(
            start: UInt32(truncatingIfNeeded: start),
            end: UInt32(truncatingIfNeeded: position),
            next: UInt32(truncatingIfNeeded: nodes.count + 1),
            kind: kind,
            hasEscape: hasEscape
        )
        nodes.append(node)
    }

    // MARK: Containers

    private mutating func openContainer(_ kind: JSONNode.Kind, then state: State) throws(Fault) -> State {
        guard depth < limits.depthMax else { throw Fault(offset: position, reason: .tooDeep) }
        valueCount += 1
        depth += 1
        let index = UInt32(truncatingIfNeeded: nodes.count)
        nodes.append(JSONNode(start: UInt32(truncatingIfNeeded: position), end: open, next: 0, kind: kind))
        open = index
        position += 1
        return state
    }

    private mutating func close(_ kind: JSONNode.Kind, _ bytes: Span<UInt8>) throws(Fault) -> State {
        let index = Int(open)
        guard nodes[index].kind == kind else {
            throw Fault(offset: position, reason: .unexpectedByte, place: .container)
        }
        if kind == .object, let second = JSONKeyCheck.duplicate(ofObject: index, nodes, bytes) {
            throw Fault(offset: Int(nodes[second].start), reason: .duplicateKey, place: .member(second))
        }
        position += 1
        depth -= 1
        var node = nodes[index]
        open = node.end
        node.end = UInt32(truncatingIfNeeded: position)
        node.next = UInt32(truncatingIfNeeded: nodes.count)
        nodes[index] = node
        return open == JSONNode.noNode ? .done : .separator
    }

    @inline(__always)
    private mutating func scanSeparator(_ bytes: Span<UInt8>) throws(Fault) -> State {
        switch bytes[position] {
        case UInt8(ascii: ","):
            position += 1
            try skipToToken(bytes)
            return nodes[Int(open)].kind == .object ? try scanKey(bytes) : try scanValue(bytes)
        case UInt8(ascii: "]"):
            return try close(.array, bytes)
        case UInt8(ascii: "}"):
            return try close(.object, bytes)
        default:
            throw Fault(offset: position, reason: .unexpectedByte, place: .container)
        }
    }

    @inline(__always)
    private mutating func scanKey(_ bytes: Span<UInt8>) throws(Fault) -> State {
        let start = position
        guard bytes[start] == UInt8(ascii: "\"") else {
            throw Fault(offset: start, reason: .unexpectedByte, place: .container)
        }
        let hasEscape = try scanString(bytes)
        let rawCount = position - start - 2
        if rawCount > limits.keyBytesMax {
            let isTooLong = hasEscape ? unescapedCount(bytes, start + 1..<position - 1) > limits.keyBytesMax : true
            guard !isTooLong else { throw Fault(offset: start, reason: .keyTooLong, place: .container) }
        }
        append(.key, start: start, hasEscape: hasEscape)
        if hasEscape { nodes[Int(open)].hasEscape = true }
        try skipToToken(bytes)
        guard bytes[position] == UInt8(ascii: ":") else { throw Fault(offset: position, reason: .unexpectedByte) }
        position += 1
        try skipToToken(bytes)
        return try scanValue(bytes)
    }

    private func unescapedCount(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
        var unescaped: [UInt8] = []
        JSONUnescape.append(range, of: bytes, to: &unescaped)
        return unescaped.count
    }
}
