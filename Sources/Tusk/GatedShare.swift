import TuskStore

/// How many of the jobs that a worker wants are claimed from among those that are gated: those that limits may hold
/// back, and those with fair keys. Pure.
///
/// Each sort is claimed by a statement of its own. While several wait in the same bands they share evenly; a band that
/// is less urgent than what the ordinary claim could not finish gets nothing. While only gated jobs wait they get
/// everything, until an ordinary claim finds something again. Jobs with fair keys are claimed for idle slots only: what
/// is taken ahead is not shared.
struct GatedShare: Sendable {
    /// How many jobs of each sort to ask for.
    struct Parts: Equatable, Sendable {
        var limited = 0
        var fair = 0
    }

    /// Whether gated jobs may wait, as the last ordinary claim saw it.
    var isOpen: Bool { hasLimited || hasFair }
    /// Whether jobs with fair keys may wait.
    private(set) var hasFair = false
    /// The least urgent band that gets anything.
    private(set) var bandMax = Priority.all[Priority.all.count - 1]
    private var hasLimited = false
    private var foundLimited = false
    private var isOnly = false
    private var isTheirTurn = false
    private var isFairTurn = false

    /// Whether nothing is worth taking ahead: only jobs with fair keys were found.
    var isOnlyFair: Bool { isOnly && hasFair && !foundLimited }

    /// How many to ask for, when so many jobs are wanted and so many slots are idle.
    mutating func jobs(of wanted: Int, idleSlots: Int) -> Parts {
        let all = jobs(of: wanted)
        guard hasFair, all > 0 else { return Parts(limited: all) }
        let idle = min(all, idleSlots)
        guard hasLimited else { return Parts(fair: idle) }
        // Kinds and queues with limits may have none waiting at all.
        guard foundLimited else { return Parts(limited: max(1, all - idle), fair: idle) }
        // Of an odd number the one and the other get more in turns.
        isFairTurn.toggle()
        let fair = min(idle, (all + (isFairTurn ? 1 : 0)) / 2)
        return Parts(limited: all - fair, fair: fair)
    }

    /// 0: none this time. A single job is given in turns.
    private mutating func jobs(of wanted: Int) -> Int {
        guard isOpen, wanted > 0 else { return 0 }
        guard wanted > 1 else {
            isTheirTurn.toggle()
            return isTheirTurn || isOnlyFair ? 1 : 0
        }
        return isOnly ? wanted - 1 : wanted / 2
    }

    /// Takes note of whether the claim of jobs that limits may hold back found any.
    mutating func noted(foundLimited: Bool) {
        self.foundLimited = foundLimited
    }

    /// Takes note of an ordinary claim: how many jobs it found, which gated jobs may wait, and the band at which it was
    /// cut off, if it was.
    mutating func noted(found count: Int, hasLimited: Bool, hasFair: Bool, cutOffAt band: Priority?) {
        (self.hasLimited, self.hasFair) = (hasLimited, hasFair)
        foundLimited = foundLimited && hasLimited
        isOnly = count == 0
        bandMax = band ?? Priority.all[Priority.all.count - 1]
    }
}
