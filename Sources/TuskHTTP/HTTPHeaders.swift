/// The header fields of a request, in their order.
///
/// All bytes are in one buffer, the head of the request as it came; a field is four offsets into it. Names compare
/// byte by byte, ASCII letters in either case.
package struct HTTPHeaders: Sendable {
    /// Where one field stands in the buffer.
    struct Field: Sendable {
        var nameStart: UInt32
        var nameEnd: UInt32
        var valueStart: UInt32
        var valueEnd: UInt32

        var name: Range<Int> { Int(nameStart)..<Int(nameEnd) }
        var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }
    }

    let bytes: [UInt8]
    let fields: [Field]

    init(bytes: [UInt8], fields: [Field]) {
        self.bytes = bytes
        self.fields = fields
    }

    /// The given fields, for requests that did not come from a socket.
    package init(_ fields: [(name: String, value: String)] = []) {
        var bytes: [UInt8] = []
        var places: [Field] = []
        for (name, value) in fields {
            let start = bytes.count
            bytes.append(contentsOf: name.utf8)
            let middle = bytes.count
            bytes.append(contentsOf: value.utf8)
            places.append(
                Field(
                    nameStart: UInt32(start),
                    nameEnd: UInt32(middle),
                    valueStart: UInt32(middle),
                    valueEnd: UInt32(bytes.count)
                )
            )
        }
        self.init(bytes: bytes, fields: places)
    }

    /// The value of the field called `name`; several of them are joined by `, ` as RFC 9110, 5.3 has it. Bytes that
    /// are not UTF-8 become U+FFFD.
    package subscript(name: String) -> String? {
        let values = all(name)
        guard values.count > 1 else { return values.first }
        return values.joined(separator: ", ")
    }

    /// The values of all fields called `name`, in their order.
    package func all(_ name: String) -> [String] {
        let span = bytes.span
        var values: [String] = []
        for field in fields where Bytes.equalIgnoringCase(span, field.name, name) {
            values.append(String(decoding: bytes[field.value], as: UTF8.self))
        }
        return values
    }

    /// The bytes of the first field called `name`, as they came.
    package func bytes(_ name: String) -> ArraySlice<UInt8>? {
        let span = bytes.span
        guard let field = fields.first(where: { Bytes.equalIgnoringCase(span, $0.name, name) }) else { return nil }
        return bytes[field.value]
    }

    /// Every field with its name as written.
    package var pairs: [(name: String, value: String)] {
        fields.map {
            (String(decoding: bytes[$0.name], as: UTF8.self), String(decoding: bytes[$0.value], as: UTF8.self))
        }
    }
}
