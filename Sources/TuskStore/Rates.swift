import TuskCore
import TuskPostgres

/// Tokens of rates, for what runs already.
extension StoreSession {
    private static let takeRate = SQLCatalog.statement("take_rate")
    private static let holdBack = SQLCatalog.statement("hold_back")

    /// Takes tokens of a key. Answers the time until they are there, zero for a key without a rate; nil: that is more
    /// than `waitMax`, and none was taken.
    package func takeRate(_ key: String, weight: Int, waitMax: Duration) throws(StoreError) -> Duration? {
        let rows = try run(Self.takeRate) {
            $0.text(key)
            $0.int4(Int32(clamping: weight))
            $0.int8(waitMax.wholeMilliseconds)
        }
        return rows.isNull(0, 0) ? nil : .milliseconds(rows.int8(0, 0))
    }

    /// Lets no job of a key start for a time; false: the key has no rate.
    package func holdBack(_ key: String, for time: Duration) throws(StoreError) -> Bool {
        try run(Self.holdBack) {
            $0.text(key)
            $0.int8(time.wholeMilliseconds)
        }.bool(0, 0)
    }
}
