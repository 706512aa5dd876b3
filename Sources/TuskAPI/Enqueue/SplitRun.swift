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
            guard items.count > 1, liesInData(error) else { return items.map { _ in .failure(error) } }
            let middle = items.startIndex + items.count / 2
            return run(items[..<middle], work) + run(items[middle...], work)
        }
    }

    /// Data exception, integrity constraint violation, program limit exceeded.
    ///
    /// Source: PostgreSQL 15 manual, appendix A "PostgreSQL Error Codes".
    static func liesInData(_ error: StoreError) -> Bool {
        switch error {
        case .database(let fault):
            !fault.isTransient && !fault.isUnknownOutcome && ["22", "23", "54"].contains(fault.sqlState.prefix(2))
        case .schema, .unreadable: false
        }
    }
}
