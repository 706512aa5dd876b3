/// What an operation does to each of its jobs.
package enum OperationAction: String, Sendable, Hashable, CaseIterable {
    /// Makes discarded jobs available again.
    case retry
    /// Cancels jobs that have not ended; those that run are told to stop.
    case cancel
}

/// What somebody wants to be done to many discarded jobs: to retry them.
package struct NewOperation: Sendable, Hashable {
    package let action: OperationAction
    /// Which jobs. A cancel knows kind and queue only.
    package let filter: FailureFilter
    /// Of a cancel: whether jobs that run are left alone.
    package let sparesRunning: Bool
    /// The most jobs in a second; nil: as many as it can.
    package let perSecond: Int?
    /// The jobs that go first; nil: none does.
    package let canary: Canary?
    /// Why, for those who ask later.
    package let reason: String?
    /// Whether only to say how many jobs it is about.
    package let isDryRun: Bool

    package static let perSecondRange: ClosedRange<Int> = 1...10_000
    /// The longest reason, in bytes.
    package static let reasonBytesMax = 1024
    private enum Field: String, CaseIterable {
        case action, filter, canary, reason
        case spareRunning = "spare_running"
        case perSecond = "per_second"
        case dryRun = "dry_run"
    }

    /// An operation of parts that were checked.
    package init(
        _ action: OperationAction,
        _ filter: FailureFilter,
        perSecond: Int? = nil,
        canary: Canary? = nil,
        reason: String? = nil,
        sparesRunning: Bool = false,
        isDryRun: Bool = false
    ) {
        self.action = action
        self.filter = filter
        self.sparesRunning = sparesRunning
        self.perSecond = perSecond
        self.canary = canary
        self.reason = reason
        self.isDryRun = isDryRun
    }

    /// Reads `{"action":"retry","filter":{...},"per_second":50,"canary":{...},"reason":"...","dry_run":true}`; only
    /// the first two must be there. With the action `cancel` `"spare_running":true` may be there, and no canary.
    package init(json: JSONValue) throws(ValidationError) {
        var reader = FieldReader<Field>(json, at: JSONPointer.root, what: "an operation")
        if json.kind == .object {
            reader.require(.action)
            reader.require(.filter)
        }
        let text = reader.string(.action)
        action = text.flatMap(OperationAction.init(rawValue:)) ?? .retry
        if let text, text != action.rawValue {
            let words = OperationAction.allCases.map(\.rawValue).joined(separator: " or ")
            reader.refuse(.action, .unknownValue, "must be \(words)")
        }
        let spare = reader.value(.spareRunning)
        sparesRunning = spare?.bool ?? false
        if let spare, spare.bool == nil { reader.refuse(.spareRunning, .wrongType, "must be true or false") }
        if sparesRunning, action != .cancel { reader.refuse(.spareRunning, .outOfRange, "is for the action cancel") }
        let rates = Int64(Self.perSecondRange.lowerBound)...Int64(Self.perSecondRange.upperBound)
        perSecond = reader.wholeNumber(.perSecond, in: rates).map { Int($0) }
        reason = reader.string(.reason)
        if let reason, reason.utf8.count > Self.reasonBytesMax {
            reader.refuse(.reason, .tooLarge, "must be at most \(Self.reasonBytesMax) bytes")
        }
        let dryRun = reader.value(.dryRun)
        isDryRun = dryRun?.bool ?? false
        if let dryRun, dryRun.bool == nil { reader.refuse(.dryRun, .wrongType, "must be true or false") }
        var filter = FailureFilter()
        var canary: Canary?
        do throws(ValidationError) {
            if let json = reader.value(.filter) {
                filter = try FailureFilter(json: json, at: reader.pointer(to: .filter))
            }
        } catch {
            reader.note(error)
        }
        do throws(ValidationError) {
            if let json = reader.value(.canary) { canary = try Canary(json: json, at: reader.pointer(to: .canary)) }
        } catch {
            reader.note(error)
        }
        if action == .cancel {
            if canary != nil { reader.refuse(.canary, .outOfRange, "is for the action retry") }
            if filter.reason != nil || filter.fingerprint != nil {
                reader.refuse(.filter, .outOfRange, "of the action cancel must have kind, queue or both, and no more")
            }
        }
        try reader.finish()
        self.filter = filter
        self.canary = canary
    }
}
