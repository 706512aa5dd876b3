import TuskCore

/// What became of schedules that were to be applied together.
package enum ScheduleApplyAnswer: Sendable, Hashable {
    /// All of it was done.
    case applied
    /// Nothing was done: the time of this one does not come in the next 100 years.
    case neverFires(name: String)
}

extension StoreSession {
    /// Every schedule, by name, page by page.
    package func allSchedules() throws(StoreError) -> [ScheduleRecord] {
        var all: [ScheduleRecord] = []
        while all.count % Self.listSchedulesMax == 0 {
            let page = try schedules(after: all.last?.name ?? "", limit: Self.listSchedulesMax)
            guard !page.isEmpty else { break }
            all += page
        }
        return all
    }

    /// Creates or replaces schedules and removes others, all or nothing within the caller's transaction.
    ///
    /// Rows are locked in the order of their names, as the scheduler does, so that nobody waits in a circle.
    package func apply(
        _ schedules: [NewSchedule],
        removing names: [String],
        by author: Author
    ) throws(StoreError) -> ScheduleApplyAnswer {
        let moment = try scheduleMoment()
        var firsts: [String: (schedule: NewSchedule, tick: PlannedTick)] = [:]
        for schedule in schedules {
            guard let tick = schedule.firstTick(after: moment) else { return .neverFires(name: schedule.name) }
            firsts[schedule.name] = (schedule, tick)
        }
        for name in (Array(firsts.keys) + names).sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            if let first = firsts[name] {
                _ = try put(first.schedule, first: first.tick, by: author)
            } else {
                _ = try remove(schedule: name, by: author)
            }
        }
        return .applied
    }
}
