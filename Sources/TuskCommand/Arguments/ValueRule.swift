import TuskCore

/// The value of an option, checked.
enum OptionValue: Sendable, Hashable {
    case flag(Bool)
    case text(String)
    case integer(Int)
    case duration(Duration)
    case list([String])
}

/// What an option takes and how its text is checked.
enum ValueRule: Sendable {
    /// Nothing: it is given or not. In the environment and in a file: `true` or `false`.
    case flag
    /// Any text but an empty one; the word stands for it in the help.
    case text(String)
    /// One of these words.
    case choice([String])
    /// A whole number.
    case integer(ClosedRange<Int>)
    /// A time such as `90s`, `5m` or `1h30m`.
    case duration(ClosedRange<Duration>)
    /// `127.0.0.1:8080`, `[::1]:8080` or `:8080`.
    case address
    /// Several queue names with commas between them.
    case queues
    /// Several names with commas between them; the word stands for one in the help.
    case names(String)
    /// A directory; may be given again. In the environment with colons between them.
    case directories
    /// A text; may be given again. Only on the command line.
    case texts(String)

    /// What stands for the value in the help; nil when there is none.
    var placeholder: String? {
        switch self {
        case .flag: nil
        case .text(let word), .texts(let word): word
        case .choice(let words): Self.isShort(words) ? words.joined(separator: "|") : "WORD"
        case .integer: "N"
        case .duration: "TIME"
        case .address: "ADDRESS:PORT"
        case .queues: "NAME,..."
        case .names(let word): "\(word),..."
        case .directories: "DIR"
        }
    }

    /// The words to choose from where they are too many to stand for the value; nil otherwise.
    var listedWords: String? {
        guard case .choice(let words) = self, !Self.isShort(words) else { return nil }
        return Self.alternatives(words)
    }

    private static func isShort(_ words: [String]) -> Bool { words.joined().utf8.count <= 80 }

    /// Whether the option may be given more than once.
    var isRepeatable: Bool {
        switch self {
        case .directories, .texts: true
        case .flag, .text, .choice, .integer, .duration, .address, .queues, .names: false
        }
    }

    /// What is wrong with a value: the end of a sentence that starts with the option's name.
    struct Refusal: Error, Equatable, Sendable {
        let words: String
    }

    /// Reads the texts given for an option, of which there is more than one only for repeatable options.
    func read(_ texts: [String]) throws(Refusal) -> OptionValue {
        switch self {
        case .directories, .texts:
            guard texts.allSatisfy({ !$0.isEmpty }) else { throw Refusal(words: "must not be empty") }
            return .list(texts)
        case .flag, .text, .choice, .integer, .duration, .address, .queues, .names:
            guard let text = texts.last else { preconditionFailure("an option without a text") }
            return try read(text)
        }
    }

    private func read(_ text: String) throws(Refusal) -> OptionValue {
        guard !text.isEmpty else { throw Refusal(words: "must not be empty") }
        switch self {
        case .flag:
            guard text == "true" || text == "false" else { throw Refusal(words: "must be true or false") }
            return .flag(text == "true")
        case .choice(let words):
            guard words.contains(text) else {
                let meant = Suggestion.nearest(to: text, among: words).map { "; did you mean \($0)?" } ?? ""
                throw Refusal(words: "must be \(Self.alternatives(words))\(meant)")
            }
            return .text(text)
        case .integer(let range):
            guard let number = Self.wholeNumber(text), range.contains(number) else {
                throw Refusal(words: "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return .integer(number)
        case .duration(let range):
            guard let duration = DurationText.parse(text), range.contains(duration) else {
                let limits = "\(DurationText.print(range.lowerBound)) to \(DurationText.print(range.upperBound))"
                throw Refusal(words: "must be a time from \(limits), such as 90s, 5m or 1h30m")
            }
            return .duration(duration)
        case .address:
            guard let address = ListenAddress(text) else {
                throw Refusal(words: "must be an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080")
            }
            return .text(address.text)
        case .queues:
            let names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            guard names.allSatisfy({ QueueName($0) != nil }), Set(names).count == names.count else {
                throw Refusal(words: "must be different queue names with commas between them, such as mail,default")
            }
            return .list(names)
        case .names:
            let names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            guard names.allSatisfy({ !$0.isEmpty }), Set(names).count == names.count else {
                throw Refusal(words: "must be different names with commas between them")
            }
            return .list(names)
        case .text, .texts, .directories:
            return .text(text)
        }
    }

    /// Decimal digits with at most a minus sign in front; `Int` would also take `+5`.
    private static func wholeNumber(_ text: String) -> Int? {
        text.utf8.first == UInt8(ascii: "+") ? nil : Int(text)
    }

    private static func alternatives(_ words: [String]) -> String {
        guard let last = words.last, words.count > 1 else { return words.joined() }
        return "\(words.dropLast().joined(separator: ", ")) or \(last)"
    }
}
