/// One entry of the tape: a value or a key, in the order of the text.
///
/// An object's entries follow it as key, value, key, value; an array's as value, value. `next` leads past all that
/// is inside, so a reader steps over what it does not want.
struct JSONNode: Sendable {
    enum Kind: UInt8, Sendable {
        case object, array, string, number, `true`, `false`, null, key
    }

    /// The first byte of the value; of a string or key, its opening quote.
    var start: UInt32
    /// One past the last byte. While a container is open: the index of the container around it, or `noNode`.
    var end: UInt32
    /// The index after the last node inside; not known while a container is open.
    var next: UInt32
    var kind: Kind
    /// For strings and keys, whether there is a backslash in them; for objects, whether one of their keys has one.
    var hasEscape = false

    /// Stands for "there is none" where an index is expected.
    static let noNode = UInt32.max

    /// The bytes between the quotes. Only for strings and keys.
    var contents: Range<Int> { Int(start) + 1..<Int(end) - 1 }
}
