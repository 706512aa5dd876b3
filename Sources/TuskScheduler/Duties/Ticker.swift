import TuskCore
import TuskStore
import TuskTelemetry

/// Fires schedules: for each planned time that has come it records one outcome, and for those that fire it enqueues the
/// job. Who comes second changes nothing, whoever leads.
struct Ticker: Duty {
    static let name = "ticker"

    private let context: DutyContext
    private let zones: TimeZoneLoader
    private let runs: MetricFamily<Counter>
    private let lag: MetricFamily<Gauge>

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
        let (nextIn, hasPending) = try session.nextTickIn()
        let isDue = nextIn.map { $0 <= .zero } ?? false
        if isDue || hasPending {
            let schedules = try session.dueSchedules()
            // Round after round until none is due: thousands may be at the same moment.
            if try fire(schedules, session) { return .zero }
        }
        let longest = min(
            context.configuration.tickInterval,
            hasPending ? context.configuration.pendingInterval : context.configuration.tickInterval
        )
        // The database rounds to milliseconds, so a tick may come a moment later than it said.
        return min(longest, max(nextIn ?? longest, .milliseconds(1)))
    }

    /// Whether there was anything to do.
    private func fire(_ schedules: [DueSchedule], _ session: StoreSession) throws(StoreError) -> Bool {
        var orders: [TickOrder] = []
        for schedule in schedules {
            switch order(schedule) {
            case .success(let order): orders.append(order)
            case .failure(let fault): try note(fault, of: schedule, session)
            }
        }
        for batch in TickOrder.batches(orders) {
            do throws(StoreError) {
                note(try session.fire(batch))
            } catch {
                guard !error.isTransient, session.isUsable else { throw error }
                try fireEach(batch, session)
            }
        }
        return !schedules.isEmpty
    }

    /// One of them cannot be fired, and must not keep the others from it.
    private func fireEach(_ orders: [TickOrder], _ session: StoreSession) throws(StoreError) {
        for order in orders {
            do throws(StoreError) {
                note(try session.fire([order]))
            } catch {
                guard !error.isTransient, session.isUsable else { throw error }
                try note(ScheduleFault(text: error.description), of: order.schedule, session)
            }
        }
    }

    private struct ScheduleFault: Error {
        let text: String
    }

    /// What is to be done for a due schedule, unless its row cannot be understood.
    private func order(_ schedule: DueSchedule) -> Result<TickOrder, ScheduleFault> {
        do {
            let cron = try CronExpression(schedule.cron)
            let rules = try zones.rules(for: schedule.timeZone)
            let document = try JSONDocument(validating: schedule.job.bytes, limits: .body)
            let job = try NewJob(json: document.root, at: "#/job")
            let plan = TickPlanner.plan(schedule, cron, in: rules)
            return .success(TickOrder(schedule: schedule, plan: plan, job: job))
        } catch let error as CronError {
            return .failure(ScheduleFault(text: "cron: \(error.message)"))
        } catch let error as TimeZoneFailure {
            return .failure(ScheduleFault(text: "time_zone \(error.rule)"))
        } catch let error as JSONError {
            return .failure(ScheduleFault(text: "job: \(error.message)"))
        } catch {
            return .failure(ScheduleFault(text: "job: \(error)"))
        }
    }

    private func note(_ reports: [TickReport]) {
        var queues: Set<QueueName> = []
        for report in reports {
            let name = report.order.schedule.name
            if let last = report.fired.last {
                queues.insert(report.order.job.queue)
                runs.with(name, TickOutcome.fired.rawValue).add(report.fired.count)
                lag.with(name).set(Double(report.order.schedule.moment.microseconds - last.microseconds) / 1e6)
            }
            for run in report.runs where run.outcome != .fired { note(run, of: name) }
        }
        if !queues.isEmpty { context.wake(Array(queues)) }
    }

    private func note(_ run: TickRun, of name: String) {
        runs.with(name, run.outcome.rawValue).add(run.count ?? TickPlanner.countMax)
        guard run.outcome == .missed else { return }
        let fields: LogFields = [
            "schedule": .text(name), "missed": .text(run.count.map(String.init) ?? "more than \(TickPlanner.countMax)"),
        ]
        context.logger.warning("schedule missed planned times", fields)
    }

    private func note(
        _ fault: ScheduleFault,
        of schedule: DueSchedule,
        _ session: StoreSession
    ) throws(StoreError) {
        try session.note(fault: fault.text, of: schedule)
        let fields: LogFields = ["schedule": .text(schedule.name), "error": .text(fault.text)]
        context.logger.error("schedule cannot fire", fields)
    }
}
