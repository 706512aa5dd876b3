import TuskAPI
import TuskCore
import TuskStore

/// What `tusk top` shows, as it was at a moment. Read by queries that are bounded whatever the database holds.
struct TopSnapshot: Sendable {
    /// The most workers, and the most running jobs, that are read.
    static let rowsMax = 200

    /// The database's time.
    let moment: Timestamp
    let queues: [QueueRecord]
    /// By the names of queues.
    let rates: [String: QueueRate]
    let workers: [WorkerStatus]
    /// The longest held first.
    let jobs: [RunningJob]
    let fleet: Fleet

    /// Reads all of it.
    static func read(_ session: StoreSession) throws(StoreError) -> TopSnapshot {
        TopSnapshot(
            moment: try session.health().moment,
            queues: try session.queues(),
            rates: try session.rates(),
            workers: try session.workers(limit: rowsMax),
            jobs: try session.longestRuns(limit: rowsMax),
            fleet: try session.fleet()
        )
    }

    /// The same for programs.
    var object: [UInt8] {
        JSONWriter.object { writer in
            writer.put("at", moment)
            let queues = queues.map { queue in
                JSONWriter.object { writer in
                    writer.members(of: queue)
                    let rate = rates[queue.name]
                    writer.put("claimed_per_minute", perMinute: rate?.claimed)
                    writer.put("completed_per_minute", perMinute: rate?.completed)
                    writer.put("failed_per_minute", perMinute: rate?.failed)
                }
            }
            writer.put("queues", objects: queues)
            writer.put("workers", objects: workers.map { worker in JSONWriter.object { $0.members(of: worker) } })
            let jobs = jobs.map { job in
                JSONWriter.object { writer in
                    writer.put("id", job.id.description)
                    writer.put("kind", job.kind)
                    writer.put("queue", job.queue)
                    writer.put("worker", job.worker.description)
                    writer.put("claimed_at", job.claimedAt)
                }
            }
            writer.put("jobs", objects: jobs)
        }
    }
}

extension JSONWriter {
    fileprivate mutating func put(_ name: String, perMinute rate: Double?) {
        key(name)
        double(((rate ?? 0) * 10).rounded() / 10)
    }
}
