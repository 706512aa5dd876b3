/// A query that the configuration offers under a name.
///
/// ```sql
/// -- What it is for.
/// -- param since date
/// -- param state text
/// select * from sales, args where day >= args.since and sales.state = args.state order by day
/// ```
///
/// Its parameters are the columns of `args`, which has one row.
package struct NamedQuery: Sendable, Hashable {
    /// A parameter that a job must give, null or of this type.
    struct Parameter: Sendable, Hashable {
        let name: String
        /// As in `cast(... as type)`.
        let type: String
    }

    /// Why a text is no query.
    package struct Fault: Error, Equatable, Sendable {
        /// The end of a sentence that starts with the name of the file.
        package let words: String
    }

    /// The most parameters of one query.
    static let parametersMax = 100

    let parameters: [Parameter]
    /// Without a semicolon at its end.
    let text: String

    /// Reads the text of a file.
    package init(_ source: String) throws(Fault) {
        var parameters: [Parameter] = []
        for line in source.split(separator: "\n") where line.hasPrefix("-- param ") {
            let words = line.dropFirst("-- param ".count).split(separator: " ", maxSplits: 1).map(String.init)
            guard words.count == 2, Self.isName(words[0]), Self.isType(words[1]) else {
                throw Fault(words: "has a line that is not like -- param name type: \(line.prefix(80))")
            }
            guard !parameters.contains(where: { $0.name == words[0] }) else {
                throw Fault(words: "has the parameter \(words[0]) twice")
            }
            parameters.append(Parameter(name: words[0], type: words[1]))
        }
        guard parameters.count <= Self.parametersMax else {
            throw Fault(words: "has more than \(Self.parametersMax) parameters")
        }
        let text = Self.query(in: source)
        guard !text.isEmpty, !text.utf8.contains(0) else { throw Fault(words: "has no query") }
        self.parameters = parameters
        self.text = text
    }

    /// The text without comments, space and semicolons at its end.
    private static func query(in source: String) -> String {
        var lines = source.split(separator: "\n", omittingEmptySubsequences: false)
        while let last = lines.last, last.hasPrefix("--") || last.allSatisfy({ $0.isWhitespace || $0 == ";" }) {
            lines.removeLast()
        }
        var text = lines.joined(separator: "\n")
        while let last = text.last, last.isWhitespace || last == ";" { text.removeLast() }
        return text
    }

    private static func isName(_ text: String) -> Bool {
        (1...63).contains(text.utf8.count) && text.utf8.first?.isDigit == false
            && text.utf8.allSatisfy {
                $0.isDigit || $0 == UInt8(ascii: "_") || ($0.isLetter && $0 >= UInt8(ascii: "a"))
            }
    }

    /// Letters, digits and what stands in `numeric(10, 2)`, `text[]`, `"my schema".mood` and `double precision`.
    private static func isType(_ text: String) -> Bool {
        let others = Array(" _.,()[]\"".utf8)
        return (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { $0.isDigit || $0.isLetter || others.contains($0) }
    }
}
