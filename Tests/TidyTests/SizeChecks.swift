/// How long files, functions and lines may be.
enum SizeCheck {
    static let fileLinesMax = 600
    static let fileLinesWithoutReason = 400
    static let functionLinesMax = 70
    static let columnsMax = 120

    static func findings(in file: TextFile) -> [Finding] {
        guard file.isSwift || file.isSQL || file.isShell else { return [] }
        return columns(in: file) + (file.isSwift ? fileLength(of: file) + functionLengths(in: file) : [])
    }

    private static func columns(in file: TextFile) -> [Finding] {
        // Generated, and compared with what PostgreSQL prints.
        guard file.path != "sql/schema.sql" else { return [] }
        return file.lines.enumerated().compactMap { index, line in
            let columns = line.unicodeScalars.count
            guard columns > columnsMax else { return nil }
            return Finding(path: file.path, line: index + 1, problem: "\(columns) columns; \(columnsMax) are the most")
        }
    }

    private static func fileLength(of file: TextFile) -> [Finding] {
        let lines = file.text.utf8.count { $0 == UInt8(ascii: "\n") }
        if lines > fileLinesMax {
            return [
                Finding(path: file.path, line: lines, problem: "\(lines) lines; split it, \(fileLinesMax) are the most")
            ]
        }
        if lines > fileLinesWithoutReason, HouseRules.longFiles[file.path] == nil {
            let problem =
                "\(lines) lines; above \(fileLinesWithoutReason) a file needs a reason in HouseRules.longFiles"
            return [Finding(path: file.path, line: lines, problem: problem)]
        }
        return []
    }

    private static func functionLengths(in file: TextFile) -> [Finding] {
        functions(in: file.swift.code).compactMap { line, lines in
            guard lines > functionLinesMax else { return nil }
            let problem = "a function of \(lines) lines; \(functionLinesMax) are the most"
            return Finding(path: file.path, line: line, problem: problem)
        }
    }

    /// First line and length of each function, initializer and deinitializer with a body.
    static func functions(in code: String) -> [(line: Int, lines: Int)] {
        let bytes = Array(code.utf8)
        var line = 1
        var found: [(line: Int, lines: Int)] = []
        for place in bytes.indices {
            if bytes[place] == UInt8(ascii: "\n") { line += 1 }
            guard isDeclaration(bytes, at: place), let body = body(bytes, from: place) else { continue }
            let lines = bytes[place...body].count { $0 == UInt8(ascii: "\n") } + 1
            found.append((line, lines))
        }
        return found
    }

    private static func isDeclaration(_ bytes: [UInt8], at place: Int) -> Bool {
        guard [UInt8(ascii: "f"), UInt8(ascii: "i"), UInt8(ascii: "d")].contains(bytes[place]) else { return false }
        // Before: the start of a line or a blank, so neither `.init(` nor a part of a word.
        if place > 0, !isBlank(bytes[place - 1]) { return false }
        return ["func", "init", "deinit"].contains { word in
            let end = place + word.utf8.count
            guard end < bytes.count, bytes[place..<end].elementsEqual(word.utf8) else { return false }
            switch word {
            case "init": return [UInt8(ascii: "("), UInt8(ascii: "?"), UInt8(ascii: "<")].contains(bytes[end])
            default: return isBlank(bytes[end])
            }
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") }

    /// Where the body that follows a declaration ends; nil when there is none, as in a protocol.
    private static func body(_ bytes: [UInt8], from start: Int) -> Int? {
        var parentheses = 0
        var braces = 0
        for place in start..<bytes.count {
            switch bytes[place] {
            case UInt8(ascii: "("), UInt8(ascii: "["): parentheses += 1
            case UInt8(ascii: ")"), UInt8(ascii: "]"): parentheses -= 1
            // A closure among the arguments or their defaults is not the body.
            case UInt8(ascii: "{") where parentheses == 0: braces += 1
            case UInt8(ascii: "}") where parentheses == 0:
                braces -= 1
                if braces <= 0 { return braces == 0 ? place : nil }
            default:
                // Another declaration before any brace: this one has no body.
                let isNext = place > start && parentheses == 0 && braces == 0 && startsDeclaration(bytes, at: place)
                if isNext { return nil }
            }
        }
        return nil
    }

    private static func startsDeclaration(_ bytes: [UInt8], at place: Int) -> Bool {
        guard isBlank(bytes[place - 1]) else { return false }
        return ["func ", "init(", "var ", "let ", "static ", "case ", "struct ", "enum ", "class ", "associatedtype "]
            .contains { bytes[place...].starts(with: $0.utf8) }
    }
}
