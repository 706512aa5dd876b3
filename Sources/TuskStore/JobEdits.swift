package import TuskCore
import TuskPostgres

/// What became of a wish to change a job.
package enum JobEditAnswer: Sendable, Equatable {
    /// It was changed and waits in this state; `woken` is the queue whose line it came into, nil: none.
    case changed(JobState, woken: QueueName?)
    /// It does not wait, and nothing was changed.
    case wrongState(JobState)
    /// There is no such job, or it was pruned.
    case notFound
    /// The condition does not hold, and nothing was changed.
    case refused
    /// The job cannot be changed so, and nothing was changed.
    case invalid(ValidationError)
}

extension StoreSession {
    private static let editJob = SQLCatalog.statement("edit_job")
    private static let holdJob = SQLCatalog.statement("hold_job")

    /// Changes a job that waits: wholly, before anybody claims it, or not at all.
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - edit: What is to be changed; when it is nothing, nothing is written down either.
    ///   - author: Who does it, and why.
    ///   - condition: Is asked about the job, which nobody can claim meanwhile, before it is changed; nil: whatever it
    ///     is.
    /// - Returns: What became of it.
    /// - Throws: `StoreError`; `uniqueConflict` when another job holds the unique key of the new args.
    package func edit(
        _ id: JobID,
        _ edit: JobEdit,
        by author: Author,
        when condition: ((JobRecord) -> Bool)? = nil
    ) throws(StoreError) -> JobEditAnswer {
        do throws(StoreError) {
            return try audited(.jobEdit, of: id.description, by: author) { () throws(StoreError) in
                if let condition {
                    _ = try run(Self.holdJob) { $0.int8(id.rawValue) }
                    guard let job = try job(id) else { return (.notFound, nil) }
                    guard condition(job) else { return (.refused, nil) }
                }
                let answer = try change(id, edit)
                guard case .changed = answer, !edit.isEmpty else { return (answer, nil) }
                return (answer, id.description)
            }
        } catch {
            guard let refusal = error.refusal else { throw error }
            return .invalid(refusal)
        }
    }

    private func change(_ id: JobID, _ edit: JobEdit) throws(StoreError) -> JobEditAnswer {
        let rows = try run(Self.editJob) {
            $0.int8(id.rawValue)
            $0.textArray(edit.fields)
            $0.text(edit.queue?.text)
            $0.int4(edit.priority.map { Int32($0.rawValue) })
            switch edit.runAt {
            case .at(let moment):
                $0.timestamp(microseconds: moment.microseconds)
                $0.int8(nil)
            case .after(let delay):
                $0.timestamp(microseconds: nil)
                $0.int8(delay.wholeMilliseconds)
            case .now, nil:
                $0.timestamp(microseconds: nil)
                $0.int8(nil)
            }
            $0.int4(edit.maxAttempts.map { Int32($0) })
            $0.textArray((edit.tags ?? []).map(\.text))
            if let args = edit.args { $0.json(args.bytes) } else { $0.null(.json) }
            $0.bool(edit.mergesArgs)
        }
        let word = rows.text(0, 0)
        guard word != "not_found" else { return .notFound }
        guard let state = JobState(rawValue: word) else { throw .unreadable("the answer \(word)") }
        switch state {
        case .scheduled, .available, .retryable, .blocked:
            return .changed(state, woken: rows.textIfPresent(0, 1).flatMap { QueueName($0) })
        case .running, .completed, .cancelled, .discarded: return .wrongState(state)
        }
    }
}
