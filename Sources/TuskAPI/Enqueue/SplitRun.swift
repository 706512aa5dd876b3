import TuskStore

/// Runs a statement for many requests such that one that the database cannot take fails alone.
enum SplitRun {
    /// The results of `work` on all items, in order. When it fails for a reason that lies in the data, it is run again
    /// on either half; nothing of a failed run was kept.
    static func run<Item, Answer>(
        _ items: ArraySlice<Item>,
        _ work: (ArraySlice<Item>) throws(StoreError) -> [Answer]
    ) -> [Result<Answer, StoreError>] {
        do throws(StoreError) {
            return try work(items).map { .success($0) }
        } catch {
            guard items.count > 1, error.liesInData else { return items.map { _ in .failure(error) } }
            let middle = items.startIndex + items.count / 2
            return run(items[..<middle], work) + run(items[middle...], work)
        }
    }
}
