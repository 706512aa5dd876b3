import TuskAPI
import TuskCore
import TuskStore

/// How jobs are shown.
enum JobResult {
    /// The API's form of a job; lists leave out what may be large.
    static func object(
        _ job: JobRecord,
        isWhole: Bool = true,
        attempts: [AttemptRecord]? = nil,
        steps: [StepRecord] = []
    ) -> [UInt8] {
        JSONWriter.object { writer in
            writer.members(of: job, isWhole: isWhole)
            if !steps.isEmpty {
                writer.put("steps", objects: steps.map { step in JSONWriter.object { $0.members(of: step) } })
            }
            guard let attempts else { return }
            writer.put("attempts", objects: attempts.map { attempt in JSONWriter.object { $0.members(of: attempt) } })
        }
    }

    /// One job for people: a line for each thing there is to say.
    static func words(_ job: JobRecord, attempts: [AttemptRecord] = [], steps: [StepRecord] = []) -> [String] {
        var pairs: [(name: String, value: String?)] = [
            ("id", job.id.description), ("state", job.state.rawValue), ("kind", job.kind), ("queue", job.queue),
            ("priority", String(job.priority)), ("attempt", "\(job.attempt) of \(job.maxAttempts)"),
            ("created", Words.exact(job.createdAt)), ("run at", Words.exact(job.runAt)),
            ("started", Words.exact(job.startedAt)), ("finished", Words.exact(job.finishedAt)),
            ("cancel asked", Words.exact(job.cancelRequestedAt)),
            ("tags", job.tags.isEmpty ? nil : job.tags.joined(separator: ", ")), ("blocked by", job.blockedBy),
            ("reason", job.reason), ("error", job.error), ("progress", progress(job)),
            ("worker", job.worker?.description), ("args", job.args?.text), ("metadata", job.metadata?.text),
            ("result", job.result?.text),
        ]
        pairs += wishes(of: job)
        for step in steps {
            let value = step.value.text
            let shown = value.count > valueShownMax ? value.prefix(valueShownMax) + "..." : value[...]
            pairs.append(("step \(step.name)", "\(Words.exact(step.keptAt) ?? ""): \(shown)"))
        }
        for attempt in attempts {
            let error = attempt.error.map { ": \($0)" } ?? ""
            let when = Words.exact(attempt.endedAt) ?? ""
            pairs.append(("attempt \(attempt.attempt)", "\(attempt.ended) \(when)\(error)"))
        }
        return Words.aligned(pairs)
    }

    private static func wishes(of job: JobRecord) -> [(name: String, value: String?)] {
        guard let wishes = job.wishes else { return [] }
        return [
            ("limits", wishes.limits?.text), ("fair key", wishes.fairKey), ("order key", wishes.orderKey),
            ("unique", wishes.unique?.text), ("start by", Words.exact(wishes.startBy)),
            ("finish by", Words.exact(wishes.finishBy)),
            ("timeout", wishes.timeout.map(DurationText.print)), ("retry", wishes.retry?.text),
        ]
    }

    /// How much of a step's value people are shown, in characters.
    private static let valueShownMax = 80

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
