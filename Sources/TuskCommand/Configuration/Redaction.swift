import TuskPostgres

/// Connection strings without their secrets, for showing.
enum Redaction {
    /// What stands for a secret.
    static let mask = "***"

    /// Whether the text has a password in it. A text that cannot be read may have one.
    static func hasSecret(_ connection: String) -> Bool {
        guard let parsed = parsed(connection) else { return true }
        return parsed.textWithPassword != parsed.description
    }

    /// The text as libpq understands it, with `***` for a password. Of a text that cannot be read nothing is shown.
    static func masked(_ connection: String) -> String {
        guard let parsed = parsed(connection) else { return mask }
        let words = parsed.description
        guard hasSecret(connection) else { return words }
        return (words.isEmpty ? "" : "\(words) ") + "password=\(mask)"
    }

    private static func parsed(_ connection: String) -> ConnectionString? {
        do throws(PostgresError) {
            return try ConnectionString(connection)
        } catch {
            return nil
        }
    }
}
