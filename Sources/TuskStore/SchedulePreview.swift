package import TuskCore

/// What a rule says, in words and in times to come.
package struct SchedulePreview: Sendable {
    /// The most times of one preview.
    package static let countMax = 1000

    private let name: String
    private let cron: CronExpression
    private let zone: TimeZoneRules
    private let jitter: Duration

    /// The field that is wrong, and how; the rule follows the field's name.
    package enum Failure: Error, Equatable, Sendable {
        case cron(String)
        case timeZone(String)
    }

    /// A preview of a rule. `name` and `jitter` are those of a schedule: its ticks are put off by them.
    package init(
        cron: String,
        timeZone: String,
        of name: String = "",
        jitter: Duration = .zero,
        zones: TimeZoneLoader = .system
    ) throws(Failure) {
        self.name = name
        self.jitter = jitter
        do throws(CronError) {
            self.cron = try CronExpression(cron)
        } catch {
            throw .cron("is no cron expression: \(error.message)")
        }
        do throws(TimeZoneFailure) {
            zone = try zones.rules(for: timeZone)
        } catch {
            throw .timeZone(error.rule)
        }
    }

    /// A preview of what is stored.
    package init(_ schedule: ScheduleRecord, zones: TimeZoneLoader = .system) throws(Failure) {
        try self.init(
            cron: schedule.cron,
            timeZone: schedule.timeZone,
            of: schedule.name,
            jitter: schedule.jitter,
            zones: zones
        )
    }

    /// The rule in words, such as `every weekday at 09:00`.
    package var words: String { cron.words }

    /// The first ticks after a moment; fewer than `count` when there are no more within 100 years.
    package func ticks(after moment: Timestamp, count: Int) -> [PlannedTick] {
        var ticks: [PlannedTick] = []
        while ticks.count < min(count, Self.countMax) {
            let last = ticks.last?.plannedAt ?? moment
            guard let next = PlannedTick.first(of: name, cron, in: zone, jitter: jitter, after: last) else { break }
            ticks.append(next)
        }
        return ticks
    }
}
