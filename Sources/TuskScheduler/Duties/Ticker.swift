import TuskCore
import TuskStore
import TuskTelemetry

/// Fires schedules: for each planned time that has come it records one outcome, and for the last of them it enqueues
/// the job. Who comes second changes nothing, whoever leads.
struct Ticker: Duty {
    static let name = "ticker"
    /// The rest when all schedules that are due cannot be fired; it also is how late others fire then.
    private static let faultyInterval = Duration.milliseconds(500)
    /// Schedules whose fault is remembered, so that it is logged once.
    private static let faultsMax = 1000

    private let context: DutyContext
    private let zones: TimeZoneLoader
    private let runs: MetricFamily<Counter>
    private let lag: MetricFamily<Gauge>
    private var faults: [String: Timestamp] = [:]

    init(_ context: DutyContext, zones: TimeZoneLoader) {
        self.context = context
        self.zones = zones
        runs = context.metrics.counter(
            "tusk_schedule_runs_total",
            help: "Planned times of schedules, by what became of them.",
            labels: ["schedule", "result"]
        )
        lag = context.metrics.gauge(
            "tusk_schedule_lag_seconds",
            help: "How late the last planned time of a schedule fired.",
            labels: ["schedule"]
        )
    }

    mutating func round(_ session: StoreSession) throws(StoreError) -> Duration {
        let longest = context.configuration.tickInterval
        guard let nextIn = try session.nextTickIn() else { return longest }
        // The database rounds to milliseconds, so a tick may come a moment later than it said.
        guard nextIn <= .zero else { return min(longest, max(nextIn, .milliseconds(1))) }
        var hasProgress = false
        var queues: Set<QueueName> = []
        defer { if !queues.isEmpty { context.wake(Array(queues)) } }
        for schedule in try session.dueSchedules() {
            guard let (plan, job) = planned(schedule) else { continue }
            do throws(StoreError) {
                if try session.fire(schedule, plan, job: job) != nil {
                    note(schedule, plan)
                    queues.insert(job.queue)
                }
                hasProgress = true
            } catch {
                guard !error.isTransient, session.isUsable else { throw error }
                noteFault(schedule, error.description)
            }
        }
        return hasProgress ? .zero : Self.faultyInterval
    }

    /// What is to be done for a due schedule; nil, with a line in the log, when its row cannot be understood.
    private mutating func planned(_ schedule: DueSchedule) -> (TickPlan, NewJob)? {
        do {
            let cron = try CronExpression(schedule.cron)
            let rules = try zones.rules(for: schedule.timeZone)
            let document = try JSONDocument(validating: schedule.job.bytes, limits: .body)
            let job = try NewJob(json: document.root, at: "#/job")
            let planned = schedule.nextTickAt
            guard let plan = TickPlanner.plan(cron, in: rules, planned: planned, now: schedule.moment) else {
                noteFault(schedule, "it never fires again")
                return nil
            }
            return (plan, job)
        } catch let error as CronError {
            noteFault(schedule, "cron: \(error.message)")
        } catch let error as TimeZoneFailure {
            noteFault(schedule, "time_zone \(error.rule)")
        } catch let error as JSONError {
            noteFault(schedule, "job: \(error.message)")
        } catch let error as ValidationError {
            noteFault(schedule, "job: \(error)")
        } catch {
            noteFault(schedule, "\(error)")
        }
        return nil
    }

    private func note(_ schedule: DueSchedule, _ plan: TickPlan) {
        let name = schedule.name
        runs.with(name, "fired").increment()
        lag.with(name).set(Double(schedule.moment.microseconds - plan.fired.microseconds) / 1e6)
        guard !plan.missed.isEmpty else { return }
        runs.with(name, "missed").add(plan.missed.count)
        let fields: LogFields = ["schedule": .text(name), "missed": .integer(Int64(plan.missed.count))]
        context.logger.warning("schedule missed planned times", fields)
    }

    private mutating func noteFault(_ schedule: DueSchedule, _ what: String) {
        guard faults[schedule.name] != schedule.updatedAt else { return }
        if faults.count >= Self.faultsMax { faults.removeAll() }
        faults[schedule.name] = schedule.updatedAt
        let fields: LogFields = ["schedule": .text(schedule.name), "error": .text(what)]
        context.logger.error("schedule cannot fire", fields)
    }
}
