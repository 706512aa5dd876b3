import TuskCore
import TuskStore

/// What a request for jobs says: `{"kinds":["a"],"max_jobs":5,"wait_seconds":20}`.
struct ClaimForm: Sendable {
    let demand: ClaimDemand
    let jobsMax: Int
    let waitTime: Duration
    let leaseTime: Duration
    /// What the client calls itself.
    let name: String?

    /// The most kinds of a request.
    static let kindsMax = 100
    /// The most queues of a request.
    static let queuesMax = 20
    /// How many jobs one claim may get; without a word 1.
    static let jobsRange: ClosedRange<Int64> = 1...100
    /// How long a request may wait for jobs; without a word not at all.
    static let waitRange = Duration.zero ... .seconds(30)
    /// How long a claim may live without a heartbeat.
    static let leaseRange = Duration.seconds(5) ... .seconds(3600)
    /// The same without a word: 60 s.
    static let leaseStandard = Duration.seconds(60)

    private enum Field: String, CaseIterable {
        case kinds, queues, worker
        case maxJobs = "max_jobs"
        case waitSeconds = "wait_seconds"
        case leaseSeconds = "lease_seconds"
    }

    /// Reads the body; what is wrong with it is told together.
    init(_ root: JSONValue) throws(ValidationError) {
        var reader = FieldReader<Field>(root, at: JSONPointer.root, what: "a claim")
        if root.kind == .object { reader.require(.kinds) }
        let kinds = Self.names(.kinds, most: Self.kindsMax, &reader) { Kind($0) }
        let queues = Self.names(.queues, most: Self.queuesMax, &reader) { QueueName($0) }
        jobsMax = Int(reader.wholeNumber(.maxJobs, in: Self.jobsRange) ?? 1)
        waitTime = reader.seconds(.waitSeconds, in: Self.waitRange) ?? .zero
        leaseTime = reader.seconds(.leaseSeconds, in: Self.leaseRange) ?? Self.leaseStandard
        name = reader.name(.worker) { NameRule.allows($0) ? $0 : nil }
        try reader.finish()
        demand = ClaimDemand(queues: queues ?? [.standard], kinds: kinds ?? [])
    }

    /// An array of different names, at least one; nil without it.
    private static func names<Name: Hashable>(
        _ field: Field,
        most: Int,
        _ reader: inout FieldReader<Field>,
        _ make: (String) -> Name?
    ) -> [Name]? {
        guard let value = reader.value(field) else { return nil }
        let rule = "must be an array of 1 to \(most) names"
        guard value.kind == .array else {
            reader.refuse(field, .wrongType, rule)
            return nil
        }
        var names: [Name] = []
        for (index, element) in value.elements.enumerated() {
            guard index < most else {
                reader.refuse(field, .tooMany, rule)
                return nil
            }
            let pointer = JSONPointer.element(index, of: reader.pointer(to: field))
            guard let name = element.string.flatMap(make) else {
                reader.note(ValidationError(pointer: pointer, .invalidName, "a name \(NameRule.text)"))
                continue
            }
            if names.contains(name) {
                reader.note(ValidationError(pointer: pointer, .duplicate, "the name \(name) is given twice"))
            } else {
                names.append(name)
            }
        }
        if value.elements.first(where: { _ in true }) == nil { reader.refuse(field, .outOfRange, rule) }
        return names
    }
}
