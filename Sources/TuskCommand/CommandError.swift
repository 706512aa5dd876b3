/// Why a command did not do what it was asked, in words for the person who typed it.
struct CommandError: Error, Equatable, Sendable {
    /// The exit status.
    let code: ExitCode
    /// What is wrong and why: short, lower case, no full stop.
    let message: String
    /// What to do about it: a full sentence or a command. Nil when the message says it.
    let hint: String?

    /// An error with these words.
    init(_ code: ExitCode, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    /// The lines for standard error.
    var lines: [String] {
        ["tusk: \(Printable.line(message))"] + (hint.map { ["hint: \(Printable.line($0))"] } ?? [])
    }
}
