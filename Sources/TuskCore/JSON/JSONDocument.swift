/// A JSON text that passed the strict scanner, with a tape of where its values are.
///
/// One pass in linear time, without recursion and without decoding. It takes exactly what RFC 8259 allows and
/// refuses besides: duplicate keys, U+0000, halves of surrogate pairs, invalid UTF-8, byte order marks, and what is
/// beyond `JSONLimits`.
package struct JSONDocument: Sendable {
    /// The text as it came.
    package let bytes: [UInt8]
    let nodes: [JSONNode]

    /// Scans the whole text.
    package init(validating bytes: [UInt8], limits: JSONLimits) throws(JSONError) {
        var scanner = JSONScanner(limits: limits)
        do throws(JSONScanner.Fault) {
            try scanner.scan(bytes.span)
        } catch {
            throw scanner.error(error, bytes.span)
        }
        self.bytes = bytes
        self.nodes = scanner.nodes
    }

    /// The outermost value.
    package var root: JSONValue { JSONValue(document: self, node: 0) }
}
