/// How often a scheduler looks, and how long it waits. Each has a default that suits production.
package struct SchedulerConfiguration: Sendable {
    /// How long leadership lasts unless it is renewed. Another takes over within twice this. Defaults to 5 seconds.
    package var leaderTime: Duration = .seconds(5)
    /// How often leadership is renewed, or asked for. Defaults to 1.5 seconds.
    package var leaderInterval: Duration = .milliseconds(1500)
    /// How often the scheduler says that it lives; it is forgotten after a minute. Defaults to 15 seconds.
    package var heartbeatInterval: Duration = .seconds(15)
    /// The longest time between two looks at jobs that wait for a time, while some became due lately: a job that is due
    /// earlier than all that were seen waits so much longer at most. Defaults to 500 ms.
    package var promoteInterval: Duration = .milliseconds(500)
    /// The same when nothing became due for `promoteActiveTime`. Defaults to 2 seconds.
    package var promoteIdleInterval: Duration = .seconds(2)
    /// How long after a job became due the promoter looks often. Defaults to 10 seconds.
    package var promoteActiveTime: Duration = .seconds(10)
    /// How often dead workers are looked for after one was found. Defaults to 1 second.
    package var rescueInterval: Duration = .seconds(1)
    /// How often dead workers are looked for otherwise. With a lease time of 15 seconds their jobs are available again
    /// within 18. Defaults to 2.5 seconds.
    package var rescueIdleInterval: Duration = .milliseconds(2500)
    /// How often jobs that wait for a limit are looked at. Defaults to 1 second.
    package var releaseInterval: Duration = .seconds(1)
    /// The same when none waits. Defaults to 5 seconds.
    package var releaseIdleInterval: Duration = .seconds(5)
    /// How often jobs are looked at that go up a band when they have waited long. Defaults to 1 second.
    package var ageInterval: Duration = .seconds(1)
    /// The same when no queue lets jobs age. Defaults to 5 seconds.
    package var ageIdleInterval: Duration = .seconds(5)
    /// How often it is noted how much waits in each queue. Defaults to 20 seconds.
    package var sampleInterval: Duration = .seconds(20)
    /// The longest time between two looks at operations on many jobs: one that was asked for begins so late at most.
    /// Defaults to 1 second.
    package var operationInterval: Duration = .seconds(1)
    /// The longest time between two looks at schedules: a schedule that was created meanwhile fires so late at most,
    /// and only the first time. Defaults to 5 seconds.
    package var tickInterval: Duration = .seconds(5)
    /// How often the scheduler looks whether the job has ended that a queued tick waits for; only while one waits.
    /// Defaults to 1 second.
    package var pendingInterval: Duration = .seconds(1)
    /// How often partitions of the coming days and ids are made. Defaults to 10 seconds.
    package var partitionInterval: Duration = .seconds(10)
    /// How often what is past its retention is dropped. Defaults to 60 seconds.
    package var pruneInterval: Duration = .seconds(60)
    /// The wait after a failure of the database; it doubles up to `retryDelayMax`. Defaults to 100 ms.
    package var retryDelay: Duration = .milliseconds(100)
    /// The longest wait after failures in a row. Defaults to 2 seconds.
    package var retryDelayMax: Duration = .seconds(2)

    /// The defaults.
    package init() {}
}
