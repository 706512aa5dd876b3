import TuskCore
import TuskStore

/// What a settlement says: `{"outcomes":[{"id":"1024","outcome":"completed","result":{}}]}`.
enum SettleForm {
    /// The most outcomes of a request: as many as a claim may have jobs.
    static let outcomesMax = Int(ClaimForm.jobsRange.upperBound)
    /// The largest result, in bytes.
    private static let resultBytesMax = JSONLimits.args.bytesMax
    private static let delayRange = Duration.zero...RetryPolicy.delayMax

    /// Results one level below an outcome in an array in an object. A value takes at least two bytes of the text and
    /// about 16 of memory.
    static func limits(bytesMax: Int) -> JSONLimits {
        JSONLimits(bytesMax: bytesMax, depthMax: JSONLimits.args.depthMax + 3, nodesMax: 2_000_000)
    }

    private enum RootField: String, CaseIterable { case outcomes }

    private enum Field: String, CaseIterable {
        case id, outcome, result, error
        case retryInSeconds = "retry_in_seconds"
    }

    /// What a program may say of a job, and which fields go with it.
    private enum Word: String, CaseIterable {
        case completed, failed, unavailable, snoozed, discarded, released

        var fields: [Field] {
            switch self {
            case .completed: [.result]
            case .failed, .unavailable: [.error, .retryInSeconds]
            case .snoozed: [.retryInSeconds]
            case .discarded: [.error]
            case .released: []
            }
        }
    }

    /// Reads the body; what is wrong with any outcome is told together.
    static func outcomes(_ root: JSONValue) throws(ValidationError) -> [OutsideOutcome] {
        let list = try list(root)
        var outcomes: [OutsideOutcome] = []
        var ids: Set<JobID> = []
        var problems: [ValidationError.Problem] = []
        for (index, value) in list.elements.enumerated() where problems.count < ValidationError.problemsMax {
            let pointer = "#/outcomes/\(index)"
            do throws(ValidationError) {
                let outcome = try outcome(value, at: pointer)
                guard ids.insert(outcome.id).inserted else {
                    throw ValidationError(
                        pointer: pointer + "/id",
                        .duplicate,
                        "the job \(outcome.id) is given twice"
                    )
                }
                outcomes.append(outcome)
            } catch {
                problems += error.problems
            }
        }
        guard problems.isEmpty else { throw ValidationError(problems: problems) }
        return outcomes
    }

    private static func list(_ root: JSONValue) throws(ValidationError) -> JSONValue {
        var reader = FieldReader<RootField>(root, at: JSONPointer.root, what: "a settlement")
        if root.kind == .object { reader.require(.outcomes) }
        let list = reader.value(.outcomes)
        if let list {
            let count = list.elements.reduce(0) { count, _ in count + 1 }
            if list.kind != .array {
                reader.refuse(.outcomes, .wrongType, "must be an array of outcomes")
            } else if count == 0 {
                reader.refuse(.outcomes, .outOfRange, "must have at least one outcome")
            } else if count > outcomesMax {
                reader.refuse(.outcomes, .tooMany, "must have at most \(outcomesMax) outcomes")
            }
        }
        try reader.finish()
        guard let list else { preconditionFailure("finish throws when there is no list") }
        return list
    }

    private static func outcome(_ value: JSONValue, at pointer: String) throws(ValidationError) -> OutsideOutcome {
        var reader = FieldReader<Field>(value, at: pointer, what: "an outcome")
        if value.kind == .object {
            reader.require(.id)
            reader.require(.outcome)
        }
        let id = reader.string(.id).flatMap { JobID($0) }
        if let given = reader.value(.id), given.kind == .string, id == nil {
            reader.refuse(.id, .outOfRange, "must be the id of a job as a decimal string")
        }
        let text = reader.string(.outcome)
        let word = text.flatMap { Word(rawValue: $0) }
        if text != nil, word == nil {
            reader.refuse(.outcome, .unknownValue, "must be \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        var end: AttemptEnd?
        if let word { end = attemptEnd(word, &reader) }
        try reader.finish()
        guard let id, let end else { preconditionFailure("finish throws when there is no id or outcome") }
        return OutsideOutcome(id: id, end: end)
    }

    private static func attemptEnd(_ word: Word, _ reader: inout FieldReader<Field>) -> AttemptEnd {
        for field in [Field.result, .error, .retryInSeconds] where !word.fields.contains(field) {
            if reader.value(field) != nil {
                reader.refuse(field, .conflictingFields, "does not go with the outcome \(word.rawValue)")
            }
        }
        let result = reader.value(.result).map { JSONText($0) }
        if let result, result.bytes.count > resultBytesMax {
            reader.refuse(.result, .tooLarge, "must be at most \(resultBytesMax) bytes")
        }
        let error = reader.string(.error)
        let delay = reader.seconds(.retryInSeconds, in: delayRange)
        switch word {
        case .completed: return .returned(result: result)
        case .failed:
            let error = error ?? "the program gave no reason"
            return delay.map { .retry(after: $0, error: error) } ?? .failed(error: error)
        case .unavailable:
            let error = error ?? "the program gave no reason"
            return .unavailable(error: error, key: nil, retryAfter: delay, isHeld: false)
        case .snoozed:
            reader.require(.retryInSeconds)
            return .snooze(after: delay ?? .zero)
        case .discarded: return .discard(reason: error ?? "the program gave no reason")
        case .released: return .givenBack
        }
    }
}
