/// What a scheduler knows of who leads. Pure: moments are handed in, by a clock that never jumps.
///
/// Leadership saves work and guards nothing, so a scheduler that cannot find out goes to work itself.
struct LeadershipState: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// How long leadership lasts unless it is renewed.
    let leaderTime: Duration
    private var leadsUntil: Instant?
    /// When the database last said that there is a leader, or when the scheduler started.
    private var heardAt: Instant

    init(leaderTime: Duration, startedAt: Instant) {
        self.leaderTime = leaderTime
        heardAt = startedAt
    }

    /// Notes an answer of the database to a question that was sent at `askedAt`.
    mutating func note(leads: Bool, askedAt: Instant) {
        heardAt = askedAt
        leadsUntil = leads ? askedAt.advanced(by: leaderTime) : nil
    }

    /// Whether this scheduler is known to lead.
    func isLeader(at now: Instant) -> Bool {
        guard let leadsUntil else { return false }
        return now < leadsUntil
    }

    /// Whether this scheduler has to do the periodic work: it leads, or nobody was heard to lead for twice the time
    /// that leadership lasts.
    func mustWork(at now: Instant) -> Bool {
        isLeader(at: now) || heardAt.duration(to: now) > leaderTime * 2
    }
}
