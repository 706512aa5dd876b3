/// How long after its planned time a tick fires, so that schedules of the same time do not all fire at once.
package enum Jitter {
    /// The longest jitter.
    package static let max = Duration.seconds(86_400)

    /// When a tick fires: the same answer for the same schedule and tick, wherever it is asked, and before the next
    /// tick, so that ticks fire in order.
    ///
    /// - Parameters:
    ///   - name: The schedule.
    ///   - planned: Its planned time.
    ///   - next: The planned time after it; nil: none.
    ///   - longest: The longest delay, which is not reached itself.
    /// - Returns: `planned` or later.
    package static func due(
        _ name: String,
        planned: Timestamp,
        next: Timestamp?,
        longest: Duration
    ) -> Timestamp {
        var limit = longest.microseconds
        if let next { limit = min(limit, next.microseconds - planned.microseconds) }
        guard limit > 0 else { return planned }
        let delay = hash(name, planned) % UInt64(limit)
        // To the millisecond, as timers are.
        return Timestamp(microseconds: planned.microseconds + Int64(delay / 1000 * 1000))
    }

    /// FNV-1a, then the finish of SplitMix64, since times differ in few bits.
    private static func hash(_ name: String, _ planned: Timestamp) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        hash ^= UInt64(bitPattern: planned.microseconds)
        hash = (hash ^ hash >> 30) &* 0xbf58_476d_1ce4_e5b9
        hash = (hash ^ hash >> 27) &* 0x94d0_49bb_1331_11eb
        return hash ^ hash >> 31
    }
}
