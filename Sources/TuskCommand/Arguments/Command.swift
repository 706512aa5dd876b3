/// Something `tusk` can be told to do.
struct Command: Sendable {
    /// A word of the command line that is no option.
    struct Operand: Sendable {
        let name: String
        /// Whether the command can do without.
        var isOptional = false
        /// Whether there may be several.
        var isRepeatable = false

        /// As help shows it.
        var synopsis: String {
            let name = isRepeatable ? "\(name)..." : name
            return isOptional ? "[\(name)]" : name
        }
    }

    /// Does the work and says how it ended.
    typealias Body = @Sendable (CommandContext) throws(CommandError) -> ExitCode

    /// The words that name it, such as `job`, `add`.
    let path: [String]
    /// One line for lists: a fragment.
    let summary: String
    /// More about it: whole sentences, wrapped when shown. May be empty.
    var details = ""
    var operands: [Operand] = []
    /// What it takes besides `Option.everywhere`.
    var options: [Option] = []
    /// Command lines that work as they stand.
    var examples: [String] = []
    let body: Body

    /// As it is typed.
    var name: String { path.joined(separator: " ") }

    /// All options it takes, its own first.
    var allOptions: [Option] { options + Option.everywhere }
}
