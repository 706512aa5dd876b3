/// What a bench is measuring.
package struct BenchProgress: Sendable, Equatable {
    /// The parts of a round.
    package enum Part: String, Sendable {
        case classic, tusk, reference
    }

    /// The workload.
    package let name: Bench.Name
    /// Rounds of the workload that are done.
    package let roundsDone: Int
    /// What is measured now.
    package let part: Part

    /// A line of at most 79 columns with a bar. `before` is how many rounds other workloads did, `rounds` how many
    /// there are of all workloads together.
    package func line(before: Int, of rounds: Int, isColored: Bool) -> String {
        let done = before + roundsDone
        let length = Self.barColumns * done / max(1, rounds)
        let bar = String(repeating: "#", count: length)
        let rest = String(repeating: ".", count: Self.barColumns - length)
        let words = "] \(done)/\(rounds) rounds   \(name.rawValue): \(part.rawValue)"
        // Green: ECMA-48, 8.3.117.
        let painted = isColored && length > 0 ? "\u{1B}[32m\(bar)\u{1B}[0m" : bar
        return "[" + painted + rest + words.prefix(Self.columns - Self.barColumns - 1)
    }

    /// Narrow enough for any terminal; in the last column some would begin a new line.
    private static let columns = 79
    private static let barColumns = 30
}
