/// The parameters of a target, decoded strictly: `name=value` joined by `&`, no name twice, no plus, no control bytes.
package struct HTTPQuery: Sendable {
    /// The parameters in their order.
    package let parameters: [(name: String, value: String)]

    /// Parameters that are already decoded, for requests that did not come from a socket.
    package init(_ parameters: [(name: String, value: String)] = []) { self.parameters = parameters }

    /// The value of the parameter called `name`, compared byte by byte.
    package subscript(name: String) -> String? {
        parameters.first { Bytes.equal($0.name, name) }?.value
    }

    /// Decodes `bytes[range]`, what stands behind the question mark; an empty query has no parameters.
    init(_ bytes: Span<UInt8>, _ range: Range<Int>, parametersMax: Int) throws(HTTPRefusal.Reason) {
        var parameters: [(name: String, value: String)] = []
        var start = range.lowerBound
        while start < range.upperBound || !parameters.isEmpty {
            var end = start
            while end < range.upperBound, bytes[end] != UInt8(ascii: "&") { end += 1 }
            guard parameters.count < parametersMax else { throw .queryTooLong }
            let parameter = try Self.parameter(bytes, start..<end)
            guard !parameters.contains(where: { Bytes.equal($0.name, parameter.name) }) else { throw .queryDuplicate }
            parameters.append(parameter)
            guard end < range.upperBound else { break }
            start = end + 1
        }
        self.parameters = parameters
    }

    private static func parameter(
        _ bytes: Span<UInt8>,
        _ range: Range<Int>
    ) throws(HTTPRefusal.Reason) -> (name: String, value: String) {
        var middle = range.lowerBound
        while middle < range.upperBound, bytes[middle] != UInt8(ascii: "=") { middle += 1 }
        guard middle > range.lowerBound else { throw .query }
        let name = try decoded(bytes, range.lowerBound..<middle)
        let value = middle < range.upperBound ? try decoded(bytes, middle + 1..<range.upperBound) : ""
        return (name, value)
    }

    private static func decoded(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(HTTPRefusal.Reason) -> String {
        var plain: [UInt8] = []
        plain.reserveCapacity(range.count)
        var index = range.lowerBound
        while index < range.upperBound {
            var byte = bytes[index]
            index += 1
            if byte == Bytes.percent {
                guard index + 1 < range.upperBound, let high = Bytes.hexDigit(bytes[index]),
                    let low = Bytes.hexDigit(bytes[index + 1])
                else { throw .queryEncoding }
                byte = high << 4 | low
                guard byte >= 0x20, byte != 0x7F else { throw .queryEncoding }
                index += 2
            } else if byte == UInt8(ascii: "+") {
                throw .queryPlus
            } else if !Bytes.isPath(byte) && byte != UInt8(ascii: "?") {
                throw .query
            }
            plain.append(byte)
        }
        guard let text = String(validating: plain, as: UTF8.self) else { throw .queryEncoding }
        return text
    }
}
