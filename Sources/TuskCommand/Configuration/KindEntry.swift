import TuskCore

/// An entry of a section that says how the jobs of a kind are run, such as `[commands.KIND]`.
struct KindEntry {
    /// The kind of the section.
    let kind: Kind
    /// Its own name, without the section's.
    let field: String
    /// What it says.
    let value: ConfigurationText.Value
    /// Where in the file it is, from 1.
    let line: Int
    private let path: String
    private let key: String

    /// How the names of Tusk's own kinds begin.
    private static let ownKinds = ["tusk.", "data.", "http.", "sql."]
    /// The most kinds of one word in a file.
    private static let kindsMax = 100

    /// The entry, if it is one of a section that begins with `word`; nil when it is another's.
    init?(
        _ key: String,
        _ entry: ConfigurationText.Entry,
        of word: String,
        in path: String
    ) throws(CommandError) {
        let beginning = word + "."
        guard key.hasPrefix(beginning) else { return nil }
        (self.path, self.key, value, line) = (path, key, entry.value, entry.line)
        let rest = key.dropFirst(beginning.count)
        guard let dot = rest.lastIndex(of: ".") else {
            throw Self.fault(path, entry.line, "\(key) must be in a section [\(word).KIND]")
        }
        let name = String(rest[..<dot])
        guard let kind = Kind(name), !Self.ownKinds.contains(where: { name.hasPrefix($0) }) else {
            let names = Self.ownKinds.joined(separator: " ")
            throw Self.fault(path, entry.line, "\(key) must not begin like a kind of Tusk's own: \(names)")
        }
        self.kind = kind
        field = String(rest[rest.index(after: dot)...])
    }

    /// Throws when there are more sections than a file may have.
    func checkCount(_ count: Int, _ what: String) throws(CommandError) {
        guard count <= Self.kindsMax else {
            throw fault("is one \(what) too many; \(Self.kindsMax) are the most")
        }
    }

    /// Its text; `words` say what it must be.
    func text(_ words: String, where isRight: (String) -> Bool) throws(CommandError) -> String {
        guard case .string(let text) = value, isRight(text) else { throw fault(words) }
        return text
    }

    /// A time from a second to a day.
    func time() throws(CommandError) -> Duration {
        guard case .string(let text) = value, let time = DurationText.parse(text),
            (.seconds(1) ... .seconds(86_400)).contains(time)
        else { throw fault("must be a time in quotes from 1s to 24h") }
        return time
    }

    /// A whole number of a range.
    func number(_ range: ClosedRange<Int>) throws(CommandError) -> Int {
        guard case .integer(let number) = value, let number = Int(exactly: number), range.contains(number) else {
            throw fault("must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// What is wrong with it, with its place.
    func fault(_ words: String) -> CommandError { Self.fault(path, line, "\(key) \(words)") }

    /// What is wrong in a line of a file.
    static func fault(_ path: String, _ line: Int, _ words: String) -> CommandError {
        CommandError(.configuration, "\(path):\(line): \(words)")
    }
}
