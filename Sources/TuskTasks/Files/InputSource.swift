/// Where the bytes of an import come from, compressed or not. One thread at a time.
protocol InputSource: AnyObject {
    /// How many bytes there are; nil: nobody has said.
    var length: Int? { get }
    /// Whether a read may wait for another machine. No transaction should be open meanwhile.
    var isRemote: Bool { get }
    /// What tells the state that is read from others; nil: nothing but its bytes does.
    var version: SourceVersion? { get }

    /// Says which state an earlier attempt has read; any other is refused from now on.
    func expect(_ version: SourceVersion)

    /// Reads into a part of a buffer, as much as there is; less than the part has only at the end.
    func read(into buffer: inout [UInt8], _ part: Range<Int>) throws(TaskFailure) -> Int

    /// Goes back to the start.
    func rewind() throws(TaskFailure)

    /// Goes to a place without reading what is before it. Answers where it is then: there, or at the start; nil: it
    /// cannot, and is where it was.
    func jump(to offset: Int) throws(TaskFailure) -> Int?
}

/// What a server says of a file that tells one state of it from another.
struct SourceVersion: Sendable, Hashable {
    /// A strong entity tag, with its quotes.
    var tag: String?
    /// When it was changed last, as the server writes it.
    var modified: String?
    /// In bytes.
    var length: Int?

    /// Whether both can be of one state. Where both have a tag it decides; what only one of them has does not count.
    func agrees(with other: SourceVersion) -> Bool {
        func agree<Value: Equatable>(_ one: Value?, _ other: Value?) -> Bool {
            one == nil || other == nil || one == other
        }
        guard agree(length, other.length) else { return false }
        if let tag, let otherTag = other.tag { return tag == otherTag }
        return agree(modified, other.modified)
    }

    /// What may stand in `If-Range`; nil: nothing that is known. Source: RFC 9110, 13.1.5.
    var validator: String? { tag ?? modified }
}
