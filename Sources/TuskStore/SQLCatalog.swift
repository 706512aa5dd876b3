import CTuskSQL
package import TuskPostgres

/// The files of `sql/`, embedded in the binary, by their path below it.
package enum SQLCatalog {
    /// The text of each file, by path, such as `queries/claim_jobs.sql`.
    package static let texts: [String: String] = readAll()

    /// The statement in `<folder>/<name>.sql`. A name without a file is a mistake in the program.
    package static func statement(
        _ name: String,
        in folder: String = "queries",
        isReadOnly: Bool = false,
        isKept: Bool = false
    ) -> Statement {
        guard let text = texts["\(folder)/\(name).sql"] else {
            preconditionFailure("sql/\(folder)/\(name).sql is not embedded")
        }
        return Statement(name: name, text: text, isReadOnly: isReadOnly, isKept: isKept)
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
