import Dispatch
import Synchronization

/// The thread of one slot: a serial Dispatch queue with one long-running block, and the executor of the slot's task.
///
/// A concurrent queue would not do: it gives blocking work one thread a core and adds one a second (64 handlers that
/// block for 0.5 s took 6 s; on 64 serial queues 0.51 s). Nor would a block for each job: each activation of a queue
/// may make a thread, 20-27 us a job and 259 threads for 16 lanes.
final class SlotLane: TaskExecutor {
    private struct Mailbox {
        var jobs: [UnownedJob] = []
        var isStopped = false
    }

    private let queue: DispatchQueue
    private let mailbox = Mutex(Mailbox())
    private let mail = DispatchSemaphore(value: 0)

    /// A lane whose thread starts at once.
    init(label: String) {
        queue = DispatchQueue(label: label)
        queue.async { self.run() }
    }

    /// Runs the job on the lane's thread; after its end, on whatever thread Dispatch has.
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isStopped = mailbox.withLock { mailbox in
            if !mailbox.isStopped { mailbox.jobs.append(job) }
            return mailbox.isStopped
        }
        if isStopped {
            DispatchQueue.global().async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
        } else {
            mail.signal()
        }
    }

    /// Ends the thread when what is in the mailbox is done.
    func stop() {
        mailbox.withLock { $0.isStopped = true }
        mail.signal()
    }

    private func run() {
        while true {
            mail.wait()
            let (jobs, isStopped) = mailbox.withLock { mailbox in
                defer { mailbox.jobs.removeAll(keepingCapacity: true) }
                return (mailbox.jobs, mailbox.isStopped)
            }
            for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
            if isStopped && jobs.isEmpty { return }
        }
    }
}
