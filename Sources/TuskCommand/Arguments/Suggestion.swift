/// The word somebody probably meant.
enum Suggestion {
    /// The nearest of `candidates`, or nil when none is near: at most one typing mistake in three letters.
    static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
        let typed = Array(word.utf8)
        // A longer word is no typing mistake, and the comparison takes quadratic time.
        guard (1...64).contains(typed.count) else { return nil }
        var best: (word: String, mistakes: Int)?
        for candidate in candidates {
            let known = Array(candidate.utf8)
            let isBeginning = typed.count >= 2 && known.starts(with: typed)
            let mistakes = isBeginning ? 1 : mistakes(typed, known)
            guard mistakes <= max(1, min(typed.count, known.count) / 3) else { continue }
            if best.map({ mistakes < $0.mistakes }) ?? true { best = (candidate, mistakes) }
        }
        return best?.word
    }

    /// Letters inserted, left out, replaced, or swapped with their neighbour: the optimal string alignment distance.
    static func mistakes(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var earlier: [Int] = []
        var last = Array(0...right.count)
        for row in 0..<left.count {
            var current = [row + 1]
            for column in 0..<right.count {
                let isSame = left[row] == right[column]
                var cost = min(last[column] + (isSame ? 0 : 1), last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    cost = min(cost, earlier[column - 1] + 1)
                }
                current.append(cost)
            }
            (earlier, last) = (last, current)
        }
        return last[right.count]
    }
}
