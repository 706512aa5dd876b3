/// How files are called.
enum NameCheck {
    /// Names that say nothing about what is inside and so attract everything.
    private static let empty: Set<String> = [
        "Util", "Utils", "Utilities", "Helper", "Helpers", "Common", "Manager", "Misc",
    ]
    private static let word = Pattern(#"[A-Z]+(?![a-z])|[A-Z][a-z]*|[a-z]+"#)
    private static let declaration = Pattern(
        #"\b(?:struct|class|enum|actor|protocol|extension|typealias)\s+(?:\w+\.)*(\w+)"#
    )

    static func findings(in file: TextFile) -> [Finding] {
        guard file.isSwift || file.isSQL else { return [] }
        return emptyNames(of: file) + (file.isSource && file.isSwift ? typeName(of: file) : [])
    }

    private static func emptyNames(of file: TextFile) -> [Finding] {
        let words = word.matches(in: file.baseName).map { $0.text.prefix(1).uppercased() + $0.text.dropFirst() }
        return words.filter(empty.contains).map {
            Finding(path: file.path, line: 1, problem: "'\($0)' says nothing; name the file after what it does")
        }
    }

    /// `X.swift` declares X; `X+Part.swift` extends it.
    private static func typeName(of file: TextFile) -> [Finding] {
        guard HouseRules.fileNames[file.path] == nil else { return [] }
        let wanted = file.baseName.prefix { $0 != "+" }
        let code = SwiftText(file.text).code
        let isEmpty = code.utf8.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
        let declared = declaration.matches(in: code).map(\.text)
        guard !isEmpty, !declared.contains(String(wanted)) else { return [] }
        let problem = "no type here is called \(wanted); a file is named after its main type"
        return [Finding(path: file.path, line: 1, problem: problem)]
    }
}

/// Words and paths that do not belong in any file.
enum WordCheck {
    private static let unfinished = Pattern(#"\b(?:TODO|FIXME|XXX|HACK)\b"#)
    private static let machinePath = Pattern(#"(?:^|[^A-Za-z0-9_.}])/(?:work|root|home)/"#)

    static func findings(in file: TextFile) -> [Finding] {
        guard !file.isTidyCheck else { return [] }
        let marks = unfinished.matches(in: file.text).map {
            Finding(
                path: file.path,
                line: $0.line,
                problem: "\($0.text): finish it or write down the decision it waits for"
            )
        }
        let paths = machinePath.matches(in: file.text).map {
            Finding(path: file.path, line: $0.line, problem: "a path of somebody's machine")
        }
        return marks + paths
    }
}

/// Every file of SQL begins with what it is for.
enum SQLHeaderCheck {
    static func findings(in file: TextFile) -> [Finding] {
        guard file.isSQL, file.path.hasPrefix("sql/"), file.path != "sql/schema.sql" else { return [] }
        guard !file.text.hasPrefix("--") else { return [] }
        return [Finding(path: file.path, line: 1, problem: "the first line is a comment that says what this does")]
    }
}
