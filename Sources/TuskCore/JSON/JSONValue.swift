/// A value in a checked document. Nothing is decoded until it is asked for.
package struct JSONValue: Sendable {
    /// What a value is.
    package enum Kind: Sendable, Hashable {
        case object, array, string, number, bool, null
    }

    private let document: JSONDocument
    private let node: Int

    init(document: JSONDocument, node: Int) {
        self.document = document
        self.node = node
    }

    private var entry: JSONNode { document.nodes[node] }

    /// What this value is.
    package var kind: Kind {
        switch entry.kind {
        case .object: .object
        case .array: .array
        case .string, .key: .string
        case .number: .number
        case .true, .false: .bool
        case .null: .null
        }
    }

    /// The value's part of the text, as it came, without whitespace around it.
    package var rawBytes: ArraySlice<UInt8> { document.bytes[Int(entry.start)..<Int(entry.end)] }

    /// The text of a string; nil for anything else.
    package var string: String? {
        guard entry.kind == .string else { return nil }
        if entry.hasEscape { return String(decoding: unescaped(entry), as: UTF8.self) }
        return String(decoding: document.bytes[entry.contents], as: UTF8.self)
    }

    /// The UTF-8 bytes of a string; nil for anything else. Compare these, not `string`, where bytes matter.
    package var stringBytes: [UInt8]? {
        entry.kind == .string ? unescaped(entry) : nil
    }

    /// The number, when it is written without fraction and exponent and fits; nil for anything else.
    package var int64: Int64? {
        guard entry.kind == .number else { return nil }
        var digits = rawBytes
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative { digits.removeFirst() }
        var value: Int64 = 0
        for byte in digits {
            guard byte &- UInt8(ascii: "0") <= 9 else { return nil }
            // Downwards, for there is one more negative number than there are positive ones.
            let (product, overflowed) = value.multipliedReportingOverflow(by: 10)
            let (sum, carried) = product.subtractingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
            guard !overflowed, !carried else { return nil }
            value = sum
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }

    /// The nearest `Double` to a number; nil for anything else and for numbers beyond its range.
    package var double: Double? {
        guard entry.kind == .number else { return nil }
        guard let value = Double(String(decoding: rawBytes, as: UTF8.self)), value.isFinite else { return nil }
        return value
    }

    /// True or false; nil for anything else.
    package var bool: Bool? {
        switch entry.kind {
        case .true: true
        case .false: false
        case .object, .array, .string, .number, .null, .key: nil
        }
    }

    /// Whether this is `null`.
    package var isNull: Bool { entry.kind == .null }

    private func unescaped(_ entry: JSONNode) -> [UInt8] {
        guard entry.hasEscape else { return Array(document.bytes[entry.contents]) }
        var bytes: [UInt8] = []
        JSONUnescape.append(entry.contents, of: document.bytes.span, to: &bytes)
        return bytes
    }
}

extension JSONValue {
    /// The members of an object in the order of the text; empty for anything else.
    package var members: Members { Members(value: self) }

    /// The elements of an array in the order of the text; empty for anything else.
    package var elements: Elements { Elements(value: self) }

    /// The member with this key, compared byte by byte; nil when there is none or this is no object. Linear in the
    /// number of members.
    package func member(_ name: String) -> JSONValue? {
        guard entry.kind == .object else { return nil }
        var key = node + 1
        while key < Int(entry.next) {
            if hasName(document.nodes[key], name.utf8) { return JSONValue(document: document, node: key + 1) }
            key = Int(document.nodes[key + 1].next)
        }
        return nil
    }

    private func hasName(_ key: JSONNode, _ name: String.UTF8View) -> Bool {
        if key.hasEscape { return unescaped(key).elementsEqual(name) }
        var index = Int(key.start) + 1
        guard key.contents.count == name.count else { return false }
        for byte in name {
            guard document.bytes[index] == byte else { return false }
            index += 1
        }
        return true
    }

    /// Calls `body` with each member of an object, and with its key when that is ASCII and no longer than 32 bytes.
    ///
    /// Comparing such a key as a `String` compares its bytes, and mostly costs no memory.
    func forEachMember(_ body: (_ shortKey: String?, _ value: JSONValue) -> Void) {
        guard entry.kind == .object else { return }
        let nodes = document.nodes
        let end = Int(entry.next)
        var key = node + 1
        while key < end {
            body(shortKey(nodes[key]), JSONValue(document: document, node: key + 1))
            key = Int(nodes[key + 1].next)
        }
    }

    private func shortKey(_ key: JSONNode) -> String? {
        let bytes = key.hasEscape ? unescaped(key)[...] : document.bytes[key.contents]
        guard bytes.count <= 32, bytes.allSatisfy({ $0 < 0x80 }) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The unescaped key of a member that `forEachMember` gave.
    var keyOfMember: [UInt8] { unescaped(document.nodes[node - 1]) }

    /// The members of an object, each with its unescaped key.
    package struct Members: Sequence, IteratorProtocol {
        private let value: JSONValue
        private var key: Int
        private let end: Int

        fileprivate init(value: JSONValue) {
            self.value = value
            self.key = value.node + 1
            self.end = value.entry.kind == .object ? Int(value.entry.next) : 0
        }

        /// The next member.
        package mutating func next() -> (key: [UInt8], value: JSONValue)? {
            guard key < end else { return nil }
            let nodes = value.document.nodes
            let member = JSONValue(document: value.document, node: key + 1)
            defer { key = Int(nodes[key + 1].next) }
            return (value.unescaped(nodes[key]), member)
        }
    }

    /// The elements of an array.
    package struct Elements: Sequence, IteratorProtocol {
        private let value: JSONValue
        private var node: Int
        private let end: Int

        fileprivate init(value: JSONValue) {
            self.value = value
            self.node = value.node + 1
            self.end = value.entry.kind == .array ? Int(value.entry.next) : 0
        }

        /// The next element.
        package mutating func next() -> JSONValue? {
            guard node < end else { return nil }
            defer { node = Int(value.document.nodes[node].next) }
            return JSONValue(document: value.document, node: node)
        }
    }
}
