/// What somebody wants to be done to many discarded jobs: to retry them.
package struct NewOperation: Sendable, Hashable {
    /// Which jobs.
    package let filter: FailureFilter
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
    /// The one action there is.
    package static let action = "retry"

    private enum Field: String, CaseIterable {
        case action, filter, canary, reason
        case perSecond = "per_second"
        case dryRun = "dry_run"
    }

    /// An operation of parts that were checked.
    package init(
        _ filter: FailureFilter,
        perSecond: Int? = nil,
        canary: Canary? = nil,
        reason: String? = nil,
        isDryRun: Bool = false
    ) {
        self.filter = filter
        self.perSecond = perSecond
        self.canary = canary
        self.reason = reason
        self.isDryRun = isDryRun
    }

    /// Reads `{"action":"retry","filter":{...},"per_second":50,"canary":{...},"reason":"...","dry_run":true}`; only
    /// the first two must be there.
    package init(json: JSONValue) throws(ValidationError) {
        var reader = FieldReader<Field>(json, at: JSONPointer.root, what: "an operation")
        if json.kind == .object {
            reader.require(.action)
            reader.require(.filter)
        }
        if let action = reader.string(.action), action != Self.action {
            reader.refuse(.action, .unknownValue, "must be \(Self.action)")
        }
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
        try reader.finish()
        self.filter = filter
        self.canary = canary
    }
}
