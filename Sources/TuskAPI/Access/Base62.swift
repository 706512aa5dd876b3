/// Numbers in the digits `0-9A-Za-z`, which no tool that finds words in text breaks up.
enum Base62 {
    static let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        default: false
        }
    }

    /// The number with these bytes, the highest first, in exactly `count` digits, which must be enough.
    static func text(_ bytes: [UInt8], count: Int) -> [UInt8] {
        var number = bytes
        var text = [UInt8](repeating: digits[0], count: count)
        for place in text.indices.reversed() {
            var rest = 0
            for index in number.indices {
                let part = rest << 8 | Int(number[index])
                number[index] = UInt8(part / 62)
                rest = part % 62
            }
            text[place] = digits[rest]
        }
        precondition(number.allSatisfy { $0 == 0 }, "the number has more digits")
        return text
    }

    /// Digits drawn at random.
    static func random(count: Int) -> [UInt8] {
        (0..<count).map { _ in digits[Int.random(in: 0..<62)] }
    }
}
