import TuskCore
import TuskStore

/// Named steps: parts of a job that its next attempts do not do again.
///
/// What a step gives back is kept with the job as JSON, under the attempt's lease, before the handler goes on. A later
/// attempt gets it from there and the body does not run. A body runs again when its worker dies after the effect and
/// before the value is kept: give the job's id and the step's name as the idempotency key of what it calls.
///
/// Reading and keeping block the calling thread, which is the slot's own in a handler, until the database has answered.
extension JobContext {
    /// Does a step unless an earlier attempt did, and answers what it gave back.
    ///
    /// - Parameters:
    ///   - name: 1 to 128 bytes of ASCII letters, digits, `_`, `.`, `:` and `-`, a name for each step: `charge:17` for
    ///     the seventeenth of a loop. A job has at most 1000 steps.
    ///   - body: Does it. What it throws is thrown on, and nothing is kept.
    /// - Returns: What `body` gave back, now or in an earlier attempt. At most 64 KiB as JSON.
    /// - Throws: `TuskError.invalid` for a name that is none and for one that this attempt has used;
    ///   `TuskError.undecodable` when what an earlier attempt kept is of another type; `TuskError.unencodable` for a
    ///   value that cannot be kept; `TuskError.stopped` when the job was told to stop or is another worker's, then
    ///   nothing is kept; `TuskError.database`.
    @discardableResult
    public func step<Value: Codable & Sendable>(
        _ name: String,
        _ body: () async throws -> Value
    ) async throws -> Value {
        if let text = try beginStep(name) {
            do throws(TuskError) {
                return try TypedJSON.value(Value.self, from: text)
            } catch {
                throw TuskError.undecodable("step \(name) of job \(id): \(error)")
            }
        }
        let value = try await body()
        let text = try TypedJSON.encode(value)
        try withSession { session throws(StoreError) in try session.keepStep(name, of: id, lease, text) }
        return value
    }

    /// Does a step that gives nothing back unless an earlier attempt did.
    ///
    /// Disfavoured, or a closure of one expression would be taken to give nothing back.
    @_disfavoredOverload
    public func step(_ name: String, _ body: () async throws -> Void) async throws {
        guard try beginStep(name) == nil else { return }
        try await body()
        try withSession { session throws(StoreError) in try session.keepStep(name, of: id, lease, Self.nothing) }
    }

    /// What stands for a value where there is none.
    private static let nothing = JSONText(trusted: Array("null".utf8))

    /// What an earlier attempt kept; nil: the step is to be done.
    private func beginStep(_ name: String) throws(TuskError) -> JSONText? {
        guard NameRule.allows(name) else {
            throw .invalid(
                ValidationError(
                    pointer: "#/name",
                    .invalidName,
                    "the name of a step must be 1 to \(NameRule.bytesMax) of the characters A-Z a-z 0-9 _ . : -"
                )
            )
        }
        guard noteStep(name) else {
            let words = "step \(name) was begun already in this attempt; give each step a name of its own"
            throw .invalid(ValidationError(pointer: "#/name", .duplicate, words))
        }
        guard !isCancelled else { throw .stopped("job \(id) was told to stop") }
        return try withSession { session throws(StoreError) in try session.step(name, of: id) }
    }
}
