import TuskStore

/// How many of the jobs that a worker wants are claimed from among those that limits may hold back. Pure.
///
/// These are claimed by a statement of their own. While both sorts wait in the same bands they share evenly; a band
/// that is less urgent than what the other claim could not finish gets nothing. While only these wait they get
/// everything, until an ordinary claim finds something again.
struct GatedShare: Sendable {
    /// Whether such jobs may wait, as the last ordinary claim saw it.
    private(set) var isOpen = false
    /// The least urgent band that gets anything.
    private(set) var bandMax = Priority.all[Priority.all.count - 1]
    private var isOnly = false
    private var isTheirTurn = false

    /// How many to ask for; 0: none this time. A single job is given in turns.
    mutating func jobs(of wanted: Int) -> Int {
        guard isOpen, wanted > 0 else { return 0 }
        guard wanted > 1 else {
            isTheirTurn.toggle()
            return isTheirTurn ? 1 : 0
        }
        return isOnly ? wanted - 1 : wanted / 2
    }

    /// Takes note of an ordinary claim: how many jobs it found, whether gated jobs may wait, and the band at which it
    /// was cut off, if it was.
    mutating func noted(found count: Int, hasGated: Bool, cutOffAt band: Priority?) {
        isOpen = hasGated
        isOnly = count == 0
        bandMax = band ?? Priority.all[Priority.all.count - 1]
    }
}
