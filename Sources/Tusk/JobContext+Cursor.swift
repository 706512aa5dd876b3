import TuskStore

/// How far a job has come, kept with it over its attempts.
///
/// All of these block the calling thread, which is the slot's own in a handler, until the database has answered, and
/// throw `TuskError.database` when it does not.
extension JobContext {
    /// What the last attempt saved; nil: nothing was saved.
    public func cursor() throws(TuskError) -> JSONText? {
        try withSession { session throws(StoreError) in try session.cursor(of: id) }
    }

    /// The same as a value; throws `TuskError.undecodable` when what was saved is no such value.
    public func cursor<Value: Decodable>(as type: Value.Type) throws(TuskError) -> Value? {
        guard let text = try cursor() else { return nil }
        return try TypedJSON.value(type, from: text)
    }

    /// Saves how far the job is, for its next attempt. What is saved stays until the job is pruned. Throws
    /// `TuskError.unencodable` for more than 64 KiB, and `TuskError.stopped` when the job was told to stop or is
    /// another worker's: then nothing is saved.
    public func saveCursor(_ value: JSONText) throws(TuskError) {
        try TypedJSON.checkSize(value, of: "a cursor")
        try withSession { session throws(StoreError) in try session.saveCursor(id, lease, value) }
    }

    /// The same from a value.
    public func saveCursor(_ value: some Encodable) throws(TuskError) {
        try saveCursor(TypedJSON.encode(value))
    }
}
