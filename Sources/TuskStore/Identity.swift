package import TuskCore
import TuskPostgres

/// What becomes of the jobs of a database that was restored from a backup or copied.
package enum RestoredJobs: String, Sendable, Hashable, CaseIterable {
    /// They run, as if nothing had happened.
    case run
    /// Every queue and schedule is paused, and what is resumed goes on.
    case pause
}

extension StoreSession {
    private static let checkIdentity = SQLCatalog.statement("check_identity")
    private static let resumeRestored = SQLCatalog.statement("resume_restored")

    /// Since when the database waits for an operator because it was restored from a backup or copied; nil: it is at
    /// work. The first process that looks after a restore finds out.
    package func restoredAt() throws(StoreError) -> Timestamp? {
        try run(Self.checkIdentity).momentIfPresent(0, 0)
    }

    /// Throws `StoreError.restored` while no job may start.
    package func checkNotRestored() throws(StoreError) {
        guard try restoredAt() == nil else { throw .restored }
    }

    /// Lets a restored database work. False: it was at work.
    package func resumeRestored(_ jobs: RestoredJobs, by author: Author) throws(StoreError) -> Bool {
        try audited(.databaseResume, of: "restored", by: author) { () throws(StoreError) in
            let wasRestored = try run(Self.resumeRestored) {
                $0.bool(jobs == .pause)
                $0.text(author.name)
                $0.text(author.reason)
            }.bool(0, 0)
            return (wasRestored, wasRestored ? "restored" : nil)
        }
    }
}
