/// How a worker claims and runs jobs. Every limit has its name here; defaults suit most services.
public struct WorkerConfiguration: Sendable, Hashable {
    /// The queues to claim from. Within a priority they take turns. At most 1,000. Defaults to `default`.
    public var queues: [QueueName] = [.standard]
    /// How many jobs run at once, each on a thread of its own: 1...200. Dispatch has 255 threads for such work, and
    /// slots that take the place of stuck ones need some of them. Defaults to 8.
    public var concurrency = 8
    /// How many of these slots only urgent jobs may use, so that long jobs never hold them all: fewer than
    /// `concurrency`. With any, jobs that are not urgent are claimed only for slots that are free. Defaults to 0.
    public var reservedSlots = 0
    /// The least urgent priority that counts as urgent for them. Defaults to 2.
    public var reservedPriorityMax = Priority.urgent
    /// Without a heartbeat for so long, the process is taken for dead and its jobs go to others: 300 ms to 1 hour. It
    /// renews after a third and stops its handlers by itself after two thirds. Defaults to 15 seconds.
    public var leaseTime: Duration = .seconds(15)
    /// How long running jobs may go on when the worker drains. Defaults to 25 seconds.
    public var drainTimeout: Duration = .seconds(25)
    /// How long a handler that was told to stop may go on before its slot is given up as stuck. Defaults to 5 seconds.
    public var cancelGrace: Duration = .seconds(5)
    /// How many handlers may be stuck at once before the worker calls itself unhealthy and opens no more slots in their
    /// place. Defaults to 8.
    public var stuckSlotsMax = 8
    /// The shortest wait between two looks for jobs when there was nothing. Defaults to 50 ms.
    public var pollIntervalMin: Duration = .milliseconds(50)
    /// The longest such wait while signals do not arrive. Defaults to 1 second.
    public var pollIntervalMax: Duration = .seconds(1)
    /// The longest such wait while signals have proven to arrive. Defaults to 5 seconds.
    public var pollIntervalWhileListening: Duration = .seconds(5)
    /// Whether to listen for signals, on a session of its own. Without, jobs are found by polling. Defaults to true.
    public var isListening = true
    /// The most jobs of one claim; at most twice as many wait in the process for a slot. Defaults to 1,000.
    public var claimJobsMax = 1000
    /// The most bytes of args of one claim; one job is claimed whatever its size. Defaults to 16 MiB.
    public var claimBytesMax = 16 << 20
    /// How much work may wait in the process for a slot, measured by how long jobs took lately. Defaults to 100 ms.
    public var prefetchTime: Duration = .milliseconds(100)
    /// Ended jobs that wait to be written back; claiming stops at so many. Defaults to 10,000.
    public var unsettledMax = 10_000
    /// Whether what goes wrong is written to standard error, one line each. Defaults to true.
    public var isLogging = true
    /// Where the worker runs; a label for people. Defaults to nothing.
    public var host = ""
    /// Version of the program; a label for people. Defaults to nothing.
    public var version = ""

    /// All defaults.
    public init() {}

    /// The queues and the concurrency given, defaults for everything else.
    public init(queues: [QueueName], concurrency: Int = 8) {
        self.queues = queues
        self.concurrency = concurrency
    }

    /// What is wrong with it, in one line; nil: nothing.
    var fault: String? {
        if queues.isEmpty || queues.count > 1000 { return "a worker needs 1 to 1,000 queues" }
        if Set(queues).count != queues.count { return "a queue is named twice" }
        if !(1...200).contains(concurrency) { return "concurrency must be from 1 to 200" }
        if !(0..<concurrency).contains(reservedSlots) { return "reserved slots must be fewer than there are slots" }
        if !(.milliseconds(300) ... .seconds(3600)).contains(leaseTime) {
            return "the lease time must be from 300 ms to 1 hour"
        }
        if !(1...5000).contains(claimJobsMax) { return "a claim takes from 1 to 5000 jobs" }
        if claimBytesMax < 1 || unsettledMax < 1 || stuckSlotsMax < 0 { return "a limit is below its minimum" }
        let times = [drainTimeout, cancelGrace, prefetchTime, pollIntervalMax, pollIntervalWhileListening]
        if times.contains(where: { $0 < .zero }) { return "a time is negative" }
        if pollIntervalMin < .milliseconds(1) { return "the shortest poll interval is 1 ms" }
        return nil
    }
}
