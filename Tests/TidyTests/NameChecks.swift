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

    private static let extended = Pattern(#"^(?:\w+ )*extension\s+(\w+)"#)

    /// `paths` are those of all files, among which the one of an extended type is looked for.
    static func findings(in file: TextFile, among paths: Set<String>) -> [Finding] {
        guard file.isSwift || file.isSQL else { return [] }
        return emptyNames(of: file) + (file.isSource && file.isSwift ? typeName(of: file, among: paths) : [])
    }

    private static func emptyNames(of file: TextFile) -> [Finding] {
        let words = word.matches(in: file.baseName).map { $0.text.prefix(1).uppercased() + $0.text.dropFirst() }
        return words.filter(empty.contains).map {
            Finding(path: file.path, line: 1, problem: "'\($0)' says nothing; name the file after what it does")
        }
    }

    /// `X.swift` declares X (`Xs.swift` too), `X+Part.swift` extends it; or the file is a part of a type that has a
    /// file beside it, as `Claim.swift` is a part of the store.
    private static func typeName(of file: TextFile, among paths: Set<String>) -> [Finding] {
        let code = file.swift.code
        let isEmpty = code.utf8.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
        guard !isEmpty, HouseRules.fileNames[file.path] == nil else { return [] }
        let wanted = file.baseName.prefix { $0 != "+" }
        if declaration.matches(in: code).contains(where: { $0.text == wanted || $0.text + "s" == wanted }) { return [] }
        let folder = "Sources/\(file.module ?? "")/"
        let siblings = Set(
            paths.filter { $0.hasPrefix(folder) }.compactMap { $0.split(separator: "/").last.map(String.init) }
        )
        let isPart = extended.matches(in: code).contains { siblings.contains("\($0.text).swift") }
        if isPart, !file.baseName.contains("+") { return [] }
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
