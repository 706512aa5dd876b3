import Synchronization
import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore
import TuskTelemetry

@testable import TuskScheduler

/// A migrated database, a session to look into it, and the schedulers a test starts on it.
final class SchedulerFixture: Sendable {
    let database: TestDatabase
    private let woken = Mutex<[String]>([])
    private let started = Mutex<[Scheduler]>([])
    private let output: LogOutput
    private let lines: LineBox

    init(_ database: TestDatabase) {
        self.database = database
        let lines = LineBox()
        output = LogOutput { bytes in
            lines.append(bytes)
            return .written
        }
        self.lines = lines
    }

    private final class LineBox: Sendable {
        private let text = Mutex("")
        func append(_ bytes: [UInt8]) { text.withLock { $0 += String(decoding: bytes, as: UTF8.self) } }
        var all: [Substring] { text.withLock { $0 }.split(separator: "\n") }
    }

    /// The names of queues for which a scheduler wanted to wake workers, in order.
    var wokenQueues: [String] { woken.withLock { $0 } }

    /// The lines logged so far that contain a text.
    func logged(_ text: String) -> Int {
        output.flush()
        return lines.all.count { $0.contains(text) }
    }

    /// All that was logged.
    var allLogged: String {
        output.flush()
        return lines.all.joined(separator: "\n")
    }

    /// Intervals short enough for tests.
    static let quick: SchedulerConfiguration = {
        var configuration = SchedulerConfiguration()
        configuration.leaderTime = .milliseconds(400)
        configuration.leaderInterval = .milliseconds(100)
        configuration.promoteInterval = .milliseconds(50)
        configuration.promoteIdleInterval = .milliseconds(50)
        configuration.rescueInterval = .milliseconds(50)
        configuration.rescueIdleInterval = .milliseconds(50)
        configuration.tickInterval = .milliseconds(30)
        configuration.pendingInterval = .milliseconds(30)
        configuration.operationInterval = .milliseconds(30)
        configuration.partitionInterval = .milliseconds(100)
        configuration.pruneInterval = .milliseconds(100)
        configuration.retryDelayMax = .milliseconds(200)
        return configuration
    }()

    /// A scheduler whose sessions are called after it, not started.
    func scheduler(
        _ name: String = "scheduler",
        _ configuration: SchedulerConfiguration = quick,
        through connectionString: ConnectionString? = nil,
        metrics: MetricsRegistry = MetricsRegistry()
    ) -> Scheduler {
        var settings = database.settings
        settings.applicationName = name
        if let connectionString { settings.conninfo = connectionString }
        let record = SchedulerRecord(id: .random(), processID: 1, host: "test", version: "test")
        return Scheduler(
            Store(settings),
            as: record,
            configuration: configuration,
            logger: Logger(output, format: .logfmt),
            metrics: metrics
        ) { queues in self.woken.withLock { $0 += queues.map(\.text) } }
    }

    /// The same, started; it is stopped when the test ends.
    func start(
        _ name: String = "scheduler",
        _ configuration: SchedulerConfiguration = quick,
        metrics: MetricsRegistry = MetricsRegistry()
    ) -> Scheduler {
        let scheduler = scheduler(name, configuration, metrics: metrics)
        started.withLock { $0.append(scheduler) }
        scheduler.start()
        return scheduler
    }

    /// Ends a scheduler as the death of its process does: its sessions break, nobody is told.
    func kill(_ scheduler: Scheduler, _ name: String) throws {
        try database.script(
            "select pg_terminate_backend(pid) from pg_stat_activity "
                + "where datname = current_database() and application_name like '\(name)/%'"
        )
        scheduler.vanish()
    }

    /// Makes every question for leadership fail, so that all schedulers come to work.
    func breakElections() throws {
        try database.script(
            """
            create function public.no_answer() returns trigger language plpgsql
            as $$ begin raise exception 'no answer'; end $$;
            create trigger no_answer before insert on tusk.leader execute function public.no_answer();
            """
        )
    }

    /// Stops all schedulers that were started.
    func stop() {
        for scheduler in started.withLock({ $0 }) { scheduler.stop(within: .seconds(10)) }
        output.stop()
    }

    /// Ends the sessions of a scheduler, after a moment in which they go on; it opens others.
    func endSessions(of name: String, after seconds: Double) throws {
        try database.script(
            "select pg_sleep(\(seconds)), pg_terminate_backend(pid) from pg_stat_activity "
                + "where datname = current_database() and application_name like '\(name)/%'"
        )
    }

    /// Makes all jobs that wait run, as a worker's claim does.
    func runJobs() throws {
        try database.script(
            """
            insert into tusk.lease (worker_id, claimed_at, ids)
            select gen_random_uuid(), now(), array[ready.id] from tusk.ready as ready;
            delete from tusk.ready
            """
        )
    }

    /// Ends all jobs that run.
    func endJobs() throws {
        try database.script(
            """
            insert into tusk.outcome (attempt, state, id, lease, started_at, finished_at)
            select 1, 'completed', lease.ids[1], lease.number, lease.claimed_at, now() from tusk.lease as lease;
            delete from tusk.lease
            """
        )
    }

    /// Puts the clock of schedules under the test's control.
    func freezeScheduleClock(at moment: String) throws {
        try database.script(
            """
            create table public.test_clock (moment timestamptz not null);
            insert into public.test_clock values ('\(moment)');
            create or replace function tusk.schedule_clock() returns timestamptz language sql stable
            as 'select test_clock.moment from public.test_clock as test_clock';
            """
        )
    }

    /// Moves that clock.
    func setScheduleClock(to moment: String) throws {
        try database.script("update public.test_clock set moment = '\(moment)'")
    }

    /// Creates a schedule whose next planned time is given.
    func schedule(
        _ name: String,
        cron: String,
        zone: String = "UTC",
        job: String = #"{"kind": "report", "args": {}}"#,
        next: String,
        overlap: String = "allow",
        catchUp: String = "'one', null, null"
    ) throws {
        try database.script(
            """
            insert into tusk.schedule (
                name, cron, time_zone, job, next_tick_at, overlap, catch_up, catch_up_max, catch_up_window_ms
            )
            values ('\(name)', '\(cron)', '\(zone)', '\(job)', '\(next)', '\(overlap)', \(catchUp))
            """
        )
    }

    /// What became of the planned times of all schedules, in the order of time: `00:01:00-00:03:00 missed 3`.
    func ledger() throws -> [String] {
        try database.texts(
            """
            select concat(
                to_char(planned_at at time zone 'UTC', 'HH24:MI:SS'),
                case when planned_until > planned_at
                    then to_char(planned_until at time zone 'UTC', '-HH24:MI:SS') end,
                ' ', outcome, ' ', ticks
            )
            from tusk.tick
            where not is_manual
            order by planned_at, schedule
            """
        )
    }
}

/// Runs a test with a fixture of its own; all schedulers are stopped at its end.
func withScheduler(_ body: @Sendable (SchedulerFixture) async throws -> Void) async throws {
    try await withDatabase(.migrated) { database in
        let fixture = SchedulerFixture(database)
        defer { fixture.stop() }
        do {
            try await body(fixture)
        } catch {
            // What the schedulers had to say is the best explanation.
            Issue.record("\(error)\n\(fixture.allLogged)")
        }
    }
}

/// Waits for what takes milliseconds on a machine with nothing else to do.
func soon(
    file: String = #fileID,
    line: Int = #line,
    _ condition: () async throws -> Bool
) async throws {
    try await eventually(within: .seconds(30), "the condition", file: file, line: line, condition)
}
