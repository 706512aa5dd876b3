import CTuskSQL
import TuskPostgres

/// The files of `sql/`, embedded in the binary, by their path below it.
package enum SQLCatalog {
    /// The text of each file, by path, such as `queries/claim_jobs.sql`.
    package static let texts: [String: String] = readAll()

    /// The statement in `queries/<name>.sql`. A name without a file is a mistake in this module.
    static func statement(_ name: String, isReadOnly: Bool = false) -> Statement {
        guard let text = texts["queries/\(name).sql"] else {
            preconditionFailure("sql/queries/\(name).sql is not embedded")
        }
        return Statement(name: name, text: text, isReadOnly: isReadOnly)
    }

    private static func readAll() -> [String: String] {
        var found: [String: String] = [:]
        for index in 0..<tusk_sql_file_count() {
            let file = unsafe tusk_sql_file_at(index)
            let bytes = unsafe UnsafeBufferPointer(start: file.bytes, count: file.count)
            found[unsafe String(cString: file.path)] = unsafe String(decoding: bytes, as: UTF8.self)
        }
        return found
    }
}
