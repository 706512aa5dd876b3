/// A Swift file taken apart: the code without comments and texts, and the texts by themselves.
///
/// Not a parser. It knows comments, string literals with their interpolations, raw and multi-line ones, and names in
/// backticks: enough that what follows can count braces and look for words.
struct SwiftText: Sendable {
    /// A string literal without its quotes.
    struct Literal: Sendable, Equatable {
        let line: Int
        var text: String
    }

    /// As long as the source; comments, texts and names in backticks are blanks, line feeds stay.
    let code: String
    let literals: [Literal]

    init(_ source: String) {
        var lexer = Lexer(Array(source.utf8))
        lexer.run()
        code = String(decoding: lexer.code, as: UTF8.self)
        literals = lexer.literals.map { Literal(line: $0.line, text: String(decoding: $0.text, as: UTF8.self)) }
    }
}

private struct Lexer {
    private let source: [UInt8]
    private(set) var code: [UInt8]
    private(set) var literals: [(line: Int, text: [UInt8])] = []
    private var place = 0
    private var line = 1

    init(_ source: [UInt8]) {
        self.source = source
        self.code = source.map { $0 == UInt8(ascii: "\n") ? $0 : UInt8(ascii: " ") }
    }

    mutating func run() {
        code(untilParenthesis: false)
    }

    private func starts(with text: StaticString, at offset: Int = 0) -> Bool {
        let count = text.utf8CodeUnitCount
        guard place + offset + count <= source.count else { return false }
        return text.withUTF8Buffer { wanted in (0..<count).allSatisfy { source[place + offset + $0] == wanted[$0] } }
    }

    private mutating func skip(_ count: Int = 1) {
        for _ in 0..<count where place < source.count {
            if source[place] == UInt8(ascii: "\n") { line += 1 }
            place += 1
        }
    }

    /// Code up to the end, or up to the parenthesis that ends an interpolation.
    private mutating func code(untilParenthesis: Bool) {
        var depth = 0
        while place < source.count {
            if starts(with: "//") {
                while place < source.count, source[place] != UInt8(ascii: "\n") { skip() }
            } else if starts(with: "/*") {
                comment()
            } else if starts(with: "`") {
                skip()
                while place < source.count, source[place] != UInt8(ascii: "`") { skip() }
                skip()
            } else if let hashes = hashesBeforeQuote() {
                string(hashes: hashes)
            } else {
                if starts(with: "(") { depth += 1 }
                if starts(with: ")") { depth -= 1 }
                if untilParenthesis, depth < 0 { return }
                code[place] = source[place]
                skip()
            }
        }
    }

    private mutating func comment() {
        var depth = 0
        repeat {
            if starts(with: "/*") {
                depth += 1
                skip(2)
            } else if starts(with: "*/") {
                depth -= 1
                skip(2)
            } else {
                skip()
            }
        } while depth > 0 && place < source.count
    }

    /// How many `#` stand before a quotation mark here; nil when no string begins here.
    private func hashesBeforeQuote() -> Int? {
        var hashes = 0
        while place + hashes < source.count, source[place + hashes] == UInt8(ascii: "#") { hashes += 1 }
        return starts(with: "\"", at: hashes) ? hashes : nil
    }

    private mutating func string(hashes: Int) {
        let isMultiline = starts(with: "\"\"\"", at: hashes)
        let begin = line
        var text: [UInt8] = []
        skip(hashes + (isMultiline ? 3 : 1))
        while place < source.count {
            let quotes = isMultiline ? 3 : 1
            let isQuote = isMultiline ? starts(with: "\"\"\"") : starts(with: "\"")
            if isQuote, hasHashes(hashes, at: quotes) {
                skip(quotes + hashes)
                break
            }
            if starts(with: "\\"), hasHashes(hashes, at: 1) {
                if starts(with: "(", at: hashes + 1) {
                    skip(hashes + 2)
                    code(untilParenthesis: true)
                    skip()
                    // A gap that no name and no keyword crosses.
                    text.append(UInt8(ascii: "?"))
                } else {
                    skip(hashes + 2)
                    text.append(UInt8(ascii: " "))
                }
            } else {
                if !isMultiline, starts(with: "\n") { break }
                text.append(source[place])
                skip()
            }
        }
        literals.append((begin, text))
    }

    private func hasHashes(_ count: Int, at offset: Int) -> Bool {
        (0..<count).allSatisfy { starts(with: "#", at: offset + $0) }
    }
}
