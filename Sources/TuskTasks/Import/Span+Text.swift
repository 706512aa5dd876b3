/// Looking through the bytes of a value. Each function takes a place and answers with the place behind what it found.
extension Span<UInt8> {
    /// The byte at a place; nil at the end.
    func byte(at place: Int) -> UInt8? { place < count ? self[place] : nil }

    /// Behind the spaces that C's isspace knows; PostgreSQL's input functions use it.
    func behindSpaces(_ place: Int) -> Int {
        var at = place
        while at < count, self[at] == 0x20 || (0x09...0x0D).contains(self[at]) { at += 1 }
        return at
    }

    /// Behind a plus or minus, if there is one.
    func behindSign(_ place: Int) -> Int {
        guard let byte = byte(at: place) else { return place }
        return byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") ? place + 1 : place
    }

    /// Behind digits.
    func behindDigits(_ place: Int) -> Int {
        var at = place
        while at < count, self[at].isDigit { at += 1 }
        return at
    }

    /// Behind ASCII letters.
    func behindLetters(_ place: Int) -> Int {
        var at = place
        while at < count, self[at].isLetter { at += 1 }
        return at
    }

    /// Whether the bytes of a range are these ASCII letters, in any case; `word` is lower case.
    func reads(_ word: StaticString, in range: Range<Int>) -> Bool {
        guard range.count == word.utf8CodeUnitCount else { return false }
        return word.withUTF8Buffer { letters in
            for index in 0..<letters.count where unsafe self[range.lowerBound + index].lowerCased != letters[index] {
                return false
            }
            return true
        }
    }

    /// The number that the digits of a range make; at most 18 digits.
    func number(in range: Range<Int>) -> Int {
        var number = 0
        for index in range { number = number * 10 + Int(self[index] - UInt8(ascii: "0")) }
        return number
    }
}

extension UInt8 {
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    var isLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }

    var isHexadecimal: Bool { isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self | 0x20) }

    /// The lower-case letter for an ASCII letter, everything else as it is.
    var lowerCased: UInt8 { isLetter ? self | 0x20 : self }
}
