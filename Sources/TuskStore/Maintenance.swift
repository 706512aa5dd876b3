import TuskPostgres

/// What one round of pruning did.
package struct PruneRound: Sendable, Hashable {
    /// History partitions dropped.
    package var dayPartitions: Int
    /// Job partitions dropped.
    package var jobPartitions: Int
    /// Rows of small record tables deleted.
    package var records: Int

    /// A round that did so much; nothing unless it is said.
    package init(dayPartitions: Int = 0, jobPartitions: Int = 0, records: Int = 0) {
        self.dayPartitions = dayPartitions
        self.jobPartitions = jobPartitions
        self.records = records
    }
}

extension StoreSession {
    /// The most rows of each record table that one round deletes.
    package static let pruneRecordsMax = 5000

    private static let makeDayPartitions = SQLCatalog.statement("make_day_partitions")
    private static let makeJobPartitions = SQLCatalog.statement("make_job_partitions")
    private static let dropDayPartitions = SQLCatalog.statement("drop_day_partitions")
    private static let dropJobPartition = SQLCatalog.statement("drop_job_partition")
    private static let pruneRecords = SQLCatalog.statement("prune_records")

    /// Makes the partitions of the coming days and ids; how many. As long as it makes any there may be more to make.
    /// None while somebody's long transaction is in the way. Any number of processes may call it.
    @discardableResult
    package func makePartitions() throws(StoreError) -> Int {
        // One after the other, so that neither holds its locks while it waits for those of the other.
        Int(try run(Self.makeDayPartitions).int4(0, 0)) + Int(try run(Self.makeJobPartitions).int4(0, 0))
    }

    /// Drops what is past its retention. A partition that somebody reads waits for the next round.
    package func prune() throws(StoreError) -> PruneRound {
        var round = PruneRound()
        round.dayPartitions = Int(try run(Self.dropDayPartitions).int4(0, 0))
        round.jobPartitions = Int(try run(Self.dropJobPartition).int4(0, 0))
        round.records = Int(try run(Self.pruneRecords) { $0.int4(Int32(Self.pruneRecordsMax)) }.int8(0, 0))
        return round
    }
}
