/// Deadlines in order, the nearest first: a binary heap. Nothing is removed before its time; the owner checks what is
/// still true when an entry comes up, so that pushing a deadline away costs nothing.
struct DeadlineHeap {
    struct Entry {
        let at: Int64
        let token: UInt64
    }

    private var entries: [Entry] = []

    /// The nearest deadline.
    var nearest: Int64? { entries.first?.at }

    /// How many entries there are, those that no longer count among them.
    var count: Int { entries.count }

    /// Adds a deadline. O(log n).
    mutating func insert(_ entry: Entry) {
        entries.append(entry)
        var child = entries.count - 1
        while child > 0, entries[child].at < entries[(child - 1) / 2].at {
            entries.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Takes the nearest deadline if it is not after `now`. O(log n).
    mutating func popDue(_ now: Int64) -> Entry? {
        guard let first = entries.first, first.at <= now else { return nil }
        entries.swapAt(0, entries.count - 1)
        entries.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
                if entries[child].at < entries[least].at { least = child }
            }
            guard least != parent else { return first }
            entries.swapAt(parent, least)
            parent = least
        }
    }
}
