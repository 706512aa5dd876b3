import CLibPQ

/// The data of a COPY.
///
/// Source: PostgreSQL 15 manual, 34.10 "Functions Associated with the COPY Command".
extension Connection {
    /// Puts data into libpq's buffer, which grows until it is flushed.
    func putCopyData(_ piece: ArraySlice<UInt8>) throws(PostgresError) {
        let handle = try unsafe opened()
        let isTaken = unsafe piece.withUnsafeBytes { bytes in
            unsafe PQputCopyData(
                handle,
                bytes.bindMemory(to: CChar.self).baseAddress,
                Int32(bytes.count)
            )
        }
        guard isTaken == 1 else { throw failure(sent: true) }
    }

    /// Ends the data, or breaks the copy off for a reason.
    func endCopy(reason: String?) throws(PostgresError) {
        guard unsafe PQputCopyEnd(try opened(), reason) == 1 else { throw failure(sent: true) }
    }

    /// The next row; nil after the last, when the answer to the command is next.
    func getCopyData(_ deadline: Deadline) throws(PostgresError) -> [UInt8]? {
        let handle = try unsafe opened()
        while true {
            var row: UnsafeMutablePointer<CChar>?
            let length = unsafe PQgetCopyData(handle, &row, 1)
            if length > 0 {
                defer { unsafe PQfreemem(row) }
                return unsafe Array(UnsafeRawBufferPointer(start: row, count: Int(length)))
            }
            guard length == 0 else {
                if length == -1 { return nil }
                throw failure(sent: true)
            }
            try awaitInput(deadline)
        }
    }
}
