import TuskCore
import TuskStore

/// How jobs are shown.
enum JobResult {
    static func object(_ job: JobRecord, attempts: [AttemptRecord] = []) -> [UInt8] {
        JSONWriter.object { writer in
            putIdentity(job, &writer)
            putTimes(job, &writer)
            writer.put("lease", job.lease?.description)
            writer.put("worker", job.worker?.description)
            writer.put("blocked_by", job.blockedBy)
            writer.put("reason", job.reason)
            writer.put("error", job.error)
            writer.put("result", job.result)
            if let fraction = job.progressFraction {
                writer.key("progress")
                writer.raw(
                    JSONWriter.object {
                        $0.key("fraction")
                        $0.double(fraction)
                        $0.put("message", job.progressMessage)
                    }
                )
            }
            if !attempts.isEmpty { writer.put("attempts", objects: attempts.map(object)) }
        }
    }

    private static func putIdentity(_ job: JobRecord, _ writer: inout JSONWriter) {
        writer.put("id", job.id.description)
        writer.put("state", job.state.rawValue)
        writer.put("kind", job.kind)
        writer.put("queue", job.queue)
        writer.put("priority", job.priority)
        writer.put("attempt", job.attempt)
        writer.put("max_attempts", job.maxAttempts)
        writer.put("args", job.args)
        writer.put("tags", job.tags)
        writer.put("metadata", job.metadata)
        writer.put("traceparent", job.traceparent)
    }

    private static func putTimes(_ job: JobRecord, _ writer: inout JSONWriter) {
        writer.put("created_at", job.createdAt)
        writer.put("run_at", job.runAt)
        writer.put("started_at", job.startedAt)
        writer.put("finished_at", job.finishedAt)
        writer.put("cancel_requested_at", job.cancelRequestedAt)
    }

    private static func object(_ attempt: AttemptRecord) -> [UInt8] {
        JSONWriter.object {
            $0.put("attempt", attempt.attempt)
            $0.put("lease", String(attempt.lease))
            $0.put("started_at", attempt.startedAt)
            $0.put("ended_at", attempt.endedAt)
            $0.put("worker", attempt.worker?.description)
            $0.put("ended", attempt.ended)
            $0.put("error", attempt.error)
        }
    }

    /// One job for people: a line for each thing there is to say.
    static func words(_ job: JobRecord, attempts: [AttemptRecord] = []) -> [String] {
        var pairs: [(name: String, value: String?)] = [
            ("id", job.id.description), ("state", job.state.rawValue), ("kind", job.kind), ("queue", job.queue),
            ("priority", String(job.priority)), ("attempt", "\(job.attempt) of \(job.maxAttempts)"),
            ("created", Words.exact(job.createdAt)), ("run at", Words.exact(job.runAt)),
            ("started", Words.exact(job.startedAt)), ("finished", Words.exact(job.finishedAt)),
            ("cancel asked", Words.exact(job.cancelRequestedAt)),
            ("tags", job.tags.isEmpty ? nil : job.tags.joined(separator: ", ")), ("blocked by", job.blockedBy),
            ("reason", job.reason), ("error", job.error), ("progress", progress(job)),
            ("worker", job.worker?.description), ("args", job.args.text), ("metadata", job.metadata?.text),
            ("result", job.result?.text),
        ]
        for attempt in attempts {
            let error = attempt.error.map { ": \($0)" } ?? ""
            let when = Words.exact(attempt.endedAt) ?? ""
            pairs.append(("attempt \(attempt.attempt)", "\(attempt.ended) \(when)\(error)"))
        }
        return Words.aligned(pairs)
    }

    /// `40% reading rows`; nil when nothing is known.
    static func progress(_ job: JobRecord) -> String? {
        guard let fraction = job.progressFraction else { return nil }
        return "\(Int((fraction * 100).rounded(.down)))%" + (job.progressMessage.map { " \($0)" } ?? "")
    }

    static func table(_ jobs: [JobRecord], now: Timestamp) -> Table {
        var table = Table([
            Table.Column(title: "ID", alignment: .right), Table.Column(title: "STATE"), Table.Column(title: "KIND"),
            Table.Column(title: "QUEUE"), Table.Column(title: "ATTEMPT", alignment: .right),
            Table.Column(title: "CREATED"), Table.Column(title: "ERROR"),
        ])
        for job in jobs {
            table.add(
                Table.Cell(job.id.description),
                Table.Cell(job.state.rawValue, tone(job.state)),
                Table.Cell(job.kind),
                Table.Cell(job.queue),
                Table.Cell("\(job.attempt)/\(job.maxAttempts)"),
                Table.Cell(Words.relative(job.createdAt, to: now)),
                Table.Cell(job.error.map { String($0.prefix(80)) })
            )
        }
        return table
    }

    private static func tone(_ state: JobState) -> Table.Cell.Tone {
        switch state {
        case .completed: .good
        case .discarded, .cancelled: .bad
        case .running, .retryable: .busy
        case .scheduled, .available, .blocked: .plain
        }
    }
}
