/// Builds JSON pointers in URI fragment form (RFC 6901, section 6), such as `#/items/0/a~1b`.
package enum JSONPointer {
    /// The whole text.
    package static let root = "#"

    /// The longest pointer, in bytes: what a client sent must not come back many times larger.
    package static let bytesMax = 1024

    /// The pointer to a member; `pointer` itself when the result would be too long.
    package static func member(_ key: some Sequence<UInt8>, of pointer: String) -> String {
        var token: [UInt8] = [UInt8(ascii: "/")]
        for byte in key {
            switch byte {
            case UInt8(ascii: "~"): token += "~0".utf8
            case UInt8(ascii: "/"): token += "~1".utf8
            case _ where isFragment(byte): token.append(byte)
            default: token += [UInt8(ascii: "%"), hexadecimal(byte >> 4), hexadecimal(byte & 15)]
            }
        }
        guard pointer.utf8.count + token.count <= bytesMax else { return pointer }
        return pointer + String(decoding: token, as: UTF8.self)
    }

    /// The pointer to an element; `pointer` itself when the result would be too long.
    package static func element(_ index: Int, of pointer: String) -> String {
        member(String(index).utf8, of: pointer)
    }

    /// What RFC 3986 lets stand in a fragment as it is, less what a JSON pointer escapes.
    private static func isFragment(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "-._!$&'()*+,;=:@?".utf8.contains(byte)
        }
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") + digit - 10
    }
}

extension JSONScanner {
    /// The error a fault stands for, with the pointer to where the scanner stopped.
    func error(_ fault: Fault, _ bytes: Span<UInt8>) -> JSONError {
        var containers: [Int] = []
        var container = open
        while container != JSONNode.noNode {
            containers.append(Int(container))
            container = nodes[Int(container)].end
        }
        containers.reverse()
        var pointer = JSONPointer.root
        for (outer, inner) in zip(containers, containers.dropFirst()) {
            pointer = self.pointer(to: inner, in: outer, of: pointer, bytes)
        }
        if let innermost = containers.last {
            switch fault.place {
            case .container: break
            case .value: pointer = self.pointer(to: nodes.count, in: innermost, of: pointer, bytes)
            case .member(let key): pointer = member(key, of: pointer, bytes)
            }
        }
        return JSONError(offset: fault.offset, reason: fault.reason, pointer: pointer)
    }

    /// `inner` is a node of the container `outer`, or the one about to be written.
    private func pointer(to inner: Int, in outer: Int, of pointer: String, _ bytes: Span<UInt8>) -> String {
        if nodes[outer].kind == .object {
            return nodes[inner - 1].kind == .key ? member(inner - 1, of: pointer, bytes) : pointer
        }
        var index = 0
        var node = outer + 1
        while node < inner {
            index += 1
            node = Int(nodes[node].next)
        }
        return JSONPointer.element(index, of: pointer)
    }

    private func member(_ key: Int, of pointer: String, _ bytes: Span<UInt8>) -> String {
        var unescaped: [UInt8] = []
        JSONUnescape.append(nodes[key].contents, of: bytes, to: &unescaped)
        return JSONPointer.member(unescaped, of: pointer)
    }
}
