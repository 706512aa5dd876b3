import TuskCore
import TuskStore

/// What follows a commit of new jobs: whoever waits for them is told, and they are counted.
struct EnqueueEffects: Sendable {
    let metrics: APIMetrics
    /// Tells workers that queues have new jobs. Called after the commit; must not block for long.
    let wake: @Sendable (Set<QueueName>) -> Void

    /// What one statement did.
    struct Tally {
        private(set) var accepted: [JobLabels: Int] = [:]
        private(set) var replayed: [JobLabels: Int] = [:]
        /// Queues with jobs that can be claimed now.
        private(set) var queues: Set<QueueName> = []

        mutating func accept(_ job: NewJob, _ enqueued: EnqueuedJob) {
            guard !enqueued.isDeduplicated else {
                if enqueued.isReplaced, enqueued.state == .available { queues.insert(job.queue) }
                return replay(job)
            }
            accepted[JobLabels(queue: job.queue.text, kind: job.kind.text), default: 0] += 1
            if enqueued.state == .available { queues.insert(job.queue) }
        }

        mutating func replay(_ job: NewJob) {
            replayed[JobLabels(queue: job.queue.text, kind: job.kind.text), default: 0] += 1
        }

        /// Notes what became of a request with a key.
        mutating func note(_ jobs: [NewJob], _ answer: KeyedAnswer) {
            switch answer {
            case .accepted(let enqueued):
                for (job, enqueued) in zip(jobs, enqueued) { accept(job, enqueued) }
            case .replayed:
                for job in jobs { replay(job) }
            case .inFlight, .otherRequest: break
            }
        }
    }

    /// Wakes and counts.
    func follow(_ tally: Tally) {
        if !tally.queues.isEmpty { wake(tally.queues) }
        if !tally.accepted.isEmpty { metrics.noteEnqueued(tally.accepted) }
        if !tally.replayed.isEmpty { metrics.noteDeduplicated(tally.replayed) }
    }
}
