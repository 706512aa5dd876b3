import TuskCore
import TuskStore

/// Which planned times of a schedule have come, and what becomes of each. Pure.
///
/// In the order of time: those that passed while the schedule was paused, those that are too late by its catch-up
/// policy, those that fire. Each group but the last is one run, however long it is.
struct TickPlanner {
    /// The most planned times that are counted one by one in a round: a few tens of milliseconds of work. Those beyond
    /// are in a run without a number.
    static let countMax = 100_000

    let schedule: DueSchedule
    let cron: CronExpression
    let zone: TimeZoneRules
    private var runs: [TickRun] = []
    private var waiting: [Timestamp] = []

    /// The plan for a schedule.
    static func plan(_ schedule: DueSchedule, _ cron: CronExpression, in zone: TimeZoneRules) -> TickPlan {
        var planner = TickPlanner(schedule: schedule, cron: cron, zone: zone)
        return planner.plan()
    }

    private init(schedule: DueSchedule, cron: CronExpression, zone: TimeZoneRules) {
        self.schedule = schedule
        self.cron = cron
        self.zone = zone
    }

    private mutating func plan() -> TickPlan {
        guard let first = schedule.nextTickAt ?? cron.next(after: schedule.updatedAt, in: zone) else {
            return TickPlan(runs: [], firing: [], next: nil)
        }
        var planned: Timestamp? = first
        var walked = 0
        while let tick = planned {
            let due = self.tick(tick)
            guard due.dueAt <= schedule.moment else {
                return TickPlan(runs: runs, firing: waiting, next: due)
            }
            judge(due)
            walked += 1
            planned = cron.next(after: tick, in: zone)
            if walked == Self.countMax, let next = planned {
                planned = jump(over: next)
                walked = 0
            }
        }
        return TickPlan(runs: runs, firing: waiting, next: nil)
    }

    private func tick(_ planned: Timestamp) -> PlannedTick {
        .tick(of: schedule.name, cron, in: zone, jitter: schedule.jitter, planned: planned)
    }

    private mutating func judge(_ tick: PlannedTick) {
        if isPaused(tick.plannedAt) {
            extend(.paused, to: tick.plannedAt)
        } else if isTooLate(tick) {
            extend(.missed, to: tick.plannedAt)
        } else {
            waiting.append(tick.plannedAt)
            if waiting.count > schedule.catchUp.firingMax { extend(.missed, to: waiting.removeFirst()) }
        }
    }

    private func isPaused(_ planned: Timestamp) -> Bool {
        schedule.isPaused || schedule.pausedUntil.map { planned <= $0 } ?? false
    }

    private func isTooLate(_ tick: PlannedTick) -> Bool {
        guard let most = schedule.catchUp.latenessMax else { return false }
        return schedule.moment.microseconds - tick.dueAt.microseconds > most.wholeMicroseconds
    }

    private mutating func extend(_ outcome: TickOutcome, to planned: Timestamp) {
        if let last = runs.indices.last, runs[last].outcome == outcome {
            runs[last].last = planned
            runs[last].count = runs[last].count.map { $0 + 1 }
        } else {
            runs.append(TickRun(outcome, at: planned))
        }
    }

    /// Leaves out, uncounted, what shares the fate of those that were judged last. Answers the planned time to go on
    /// with: `next` when there is nothing to leave out.
    private mutating func jump(over next: Timestamp) -> Timestamp {
        let isPause = isPaused(next)
        let end = isPause && !schedule.isPaused ? schedule.pausedUntil ?? schedule.moment : schedule.moment
        // The last may not be due yet, and the first has to end the run that leaves out what is before it.
        let target = start(ofLast: isPause ? 2 : schedule.catchUp.firingMax + 2, from: next, to: end)
        guard target > next else { return next }
        if !isPause {
            // Later ones are enough to fire, so these are too late.
            for planned in waiting { extend(.missed, to: planned) }
            waiting = []
        }
        extend(isPause ? .paused : .missed, to: next)
        runs[runs.count - 1].count = nil
        return target
    }

    /// A planned time from which on at least `count` come up to `end`, without going through all since `first`.
    private func start(ofLast count: Int, from first: Timestamp, to end: Timestamp) -> Timestamp {
        // Looks back twice as far each time, so that the way forward is at most twice as long as it has to be.
        var backSeconds: Int64 = 60
        while true {
            let from = Timestamp(microseconds: end.microseconds - backSeconds * 1_000_000)
            guard from > first, let found = cron.next(after: from, in: zone) else { return first }
            var left = count
            var tick: Timestamp? = found
            while left > 0, let planned = tick, planned <= end {
                left -= 1
                tick = cron.next(after: planned, in: zone)
            }
            if left == 0 { return found }
            backSeconds *= 2
        }
    }
}
