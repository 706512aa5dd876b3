/// What keeps a second job of the same sort from being enqueued.
///
/// A key belongs to the kind: jobs of other kinds never have the same one. Which job holds a key is decided in the
/// database, whoever enqueues at the same moment.
public struct Uniqueness: Sendable, Hashable {
    /// What jobs that exclude each other have in common, beside their kind.
    public enum Basis: Sendable, Hashable {
        /// A key of 1...255 bytes.
        case key(String)
        /// The parts of the args at these JSON pointers, such as `/customer_id`: at most 16. They count by their
        /// value; an absent part counts as null, the empty pointer is all of the args, and no pointer at all leaves
        /// one job of the kind.
        case args([String])
    }

    /// How long a job holds its key.
    public enum Scope: Sendable, Hashable {
        /// Until its first attempt was claimed.
        case untilStarted
        /// Until it is over, however it ended.
        case untilFinished
        /// Until it completed. One that was discarded or cancelled holds the key on, as long as its history is kept.
        case untilSuccess
        /// For a time from its enqueue, 1 s to 365 days, whatever becomes of it.
        case duration(Duration)
    }

    /// What happens to a job whose key is held.
    public enum Conflict: Sendable, Hashable {
        /// Nothing is enqueued; the job that holds the key is the answer.
        case returnExisting
        /// The enqueue is refused.
        case reject
        /// These fields of the job that holds the key become those of the new one, if it still waits; it is the answer.
        case replace([ReplacedField])
    }

    /// A field that a job can take over from one that was to be enqueued; the raw value is its name in JSON.
    public enum ReplacedField: String, Sendable, Hashable, CaseIterable {
        case args
        case runAt = "run_at"
        case priority
        case maxAttempts = "max_attempts"
        case retry
        case timeout = "timeout_seconds"
        case tags
        case metadata
    }

    /// What jobs that exclude each other have in common.
    public let basis: Basis
    /// How long a job holds its key.
    public let scope: Scope
    /// What happens to a job whose key is held.
    public let conflict: Conflict

    /// The most pointers, and the most fields to replace.
    package static let partsMax = 16
    /// The longest key or pointer.
    package static let bytesMax = 255
    /// The times for which a key can be held.
    package static let durationRange: ClosedRange<Duration> = .seconds(1) ... .seconds(365 * 86_400)

    /// Checked when a job takes it; see `NewJob`.
    public init(_ basis: Basis, _ scope: Scope = .untilFinished, onConflict conflict: Conflict = .returnExisting) {
        self.basis = basis
        self.scope = scope
        self.conflict = conflict
    }
}

extension Uniqueness {
    private enum Field: String, CaseIterable {
        case key, args, until
        case forSeconds = "for_seconds"
        case onConflict = "on_conflict"
        case replace
    }

    private enum ConflictName: String, CaseIterable {
        case `return`, reject, replace
    }

    /// Reads `{"key":"...","until":"finished","on_conflict":"return"}` or the like; `key` or `args` is required.
    package init(json: JSONValue, at pointer: String) throws(ValidationError) {
        var reader = FieldReader<Field>(json, at: pointer, what: "unique")
        try reader.finish()
        basis = Self.readBasis(&reader, at: pointer) ?? .args([])
        scope = Self.readScope(&reader)
        conflict = Self.readConflict(&reader)
        try reader.finish()
    }

    private static func readBasis(_ reader: inout FieldReader<Field>, at pointer: String) -> Basis? {
        guard (reader.value(.key) == nil) != (reader.value(.args) == nil) else {
            let both = reader.value(.key) != nil
            let code = both ? ValidationError.Code.conflictingFields : .required
            reader.note(ValidationError(pointer: pointer, code, "unique needs either key or args"))
            return nil
        }
        if reader.value(.key) != nil {
            guard let key = reader.string(.key) else { return nil }
            guard (1...bytesMax).contains(key.utf8.count), !key.utf8.contains(0) else {
                reader.refuse(.key, .outOfRange, "must be 1 to \(bytesMax) bytes")
                return nil
            }
            return .key(key)
        }
        guard let paths = strings(.args, &reader) else { return nil }
        guard paths.allSatisfy(isPointer) else {
            reader.refuse(.args, .unknownValue, "must be JSON pointers of at most \(bytesMax) bytes")
            return nil
        }
        return .args(paths)
    }

    /// Source: RFC 6901, section 3.
    private static func isPointer(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count <= bytesMax, bytes.first.map({ $0 == UInt8(ascii: "/") }) ?? true else { return false }
        return bytes.indices.allSatisfy { index in
            guard bytes[index] == UInt8(ascii: "~") else { return bytes[index] != 0 }
            let next = index + 1 < bytes.count ? bytes[index + 1] : 0
            return next == UInt8(ascii: "0") || next == UInt8(ascii: "1")
        }
    }

    private static func strings(_ field: Field, _ reader: inout FieldReader<Field>) -> [String]? {
        guard let value = reader.value(field) else { return nil }
        let rule = "must be an array of at most \(partsMax) strings"
        let elements = value.kind == .array ? Array(value.elements) : []
        let texts = elements.compactMap(\.string)
        guard value.kind == .array, texts.count == elements.count, texts.count <= partsMax else {
            reader.refuse(field, elements.count > partsMax ? .tooMany : .wrongType, rule)
            return nil
        }
        return texts
    }

    private static func readScope(_ reader: inout FieldReader<Field>) -> Scope {
        if reader.value(.forSeconds) != nil {
            if reader.value(.until) != nil {
                reader.refuse(.forSeconds, .conflictingFields, "cannot be given together with until")
            }
            return reader.seconds(.forSeconds, in: durationRange).map { .duration($0) } ?? .untilFinished
        }
        guard reader.value(.until) != nil, let word = reader.string(.until) else { return .untilFinished }
        guard let scope = [Scope.untilStarted, .untilFinished, .untilSuccess].first(where: { $0.word == word }) else {
            reader.refuse(.until, .unknownValue, "must be one of started, finished, success")
            return .untilFinished
        }
        return scope
    }

    private static func readConflict(_ reader: inout FieldReader<Field>) -> Conflict {
        let word = reader.string(.onConflict)
        guard let name = word.map({ ConflictName(rawValue: $0) }) ?? .return else {
            reader.refuse(.onConflict, .unknownValue, "must be one of return, reject, replace")
            return .returnExisting
        }
        if name != .replace, reader.value(.replace) != nil {
            reader.refuse(.replace, .conflictingFields, "needs on_conflict to be replace")
        }
        switch name {
        case .return: return .returnExisting
        case .reject: return .reject
        case .replace: return .replace(readReplaced(&reader))
        }
    }

    private static func readReplaced(_ reader: inout FieldReader<Field>) -> [ReplacedField] {
        let names = strings(.replace, &reader)
        if reader.value(.replace) == nil || names?.isEmpty == true {
            reader.refuse(.replace, .required, "is required when on_conflict is replace")
        }
        return (names ?? []).compactMap { name in
            guard let field = ReplacedField(rawValue: name) else {
                let names = ReplacedField.allCases.map(\.rawValue).joined(separator: ", ")
                reader.refuse(.replace, .unknownValue, "may only have \(names)")
                return nil
            }
            return field
        }
    }

    /// What `init(json:at:)` reads, without what is the default.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        switch basis {
        case .key(let key):
            writer.key(Field.key.rawValue)
            writer.string(key)
        case .args(let paths): Self.write(.args, paths, to: &writer)
        }
        if case .duration(let duration) = scope {
            writer.key(Field.forSeconds.rawValue)
            writer.raw(duration.secondsText.utf8)
        } else if scope != .untilFinished {
            writer.key(Field.until.rawValue)
            writer.string(scope.word)
        }
        switch conflict {
        case .returnExisting: break
        case .reject: Self.write(.onConflict, .reject, to: &writer)
        case .replace(let fields):
            Self.write(.onConflict, .replace, to: &writer)
            Self.write(.replace, fields.map(\.rawValue), to: &writer)
        }
        writer.endObject()
    }

    private static func write(_ field: Field, _ name: ConflictName, to writer: inout JSONWriter) {
        writer.key(field.rawValue)
        writer.string(name.rawValue)
    }

    private static func write(_ field: Field, _ texts: [String], to writer: inout JSONWriter) {
        writer.key(field.rawValue)
        writer.beginArray()
        for text in texts { writer.string(text) }
        writer.endArray()
    }
}

extension Uniqueness.Scope {
    /// Its name in JSON; a duration has none there.
    fileprivate var word: String {
        switch self {
        case .untilStarted: "started"
        case .untilFinished: "finished"
        case .untilSuccess: "success"
        case .duration: "time"
        }
    }
}
