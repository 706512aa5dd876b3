/// What a `data.import` job is asked to do.
package struct ImportArgs: Codable, Sendable, Equatable {
    /// What happens to rows that are in the table already.
    package enum Mode: String, Codable, Sendable {
        /// They stay, and those of the file are added.
        case append
    }

    /// The file: absolute, or relative to one of the folders that imports may read.
    package var file: String
    /// The table, as `schema.name`, or `name` in `public`.
    package var table: String
    /// Which column of the file goes to which column of the table; others are left out. Keys are names of the header,
    /// or numbers from 1 for files without one. Nil: all go to the columns of the same names, or in the same order.
    package var columns: [String: String]?
    /// The byte between fields. Defaults to a comma.
    package var delimiter: String
    /// Whether the first row has the names of the columns. Defaults to true.
    package var header: Bool
    /// What an unquoted field says for null. Defaults to nothing at all.
    package var null: String
    /// The table for rows that cannot be loaded. Nil: that of the table with `_rejects` behind its name.
    package var rejectTable: String?
    /// How many such rows the import bears: 0...1,000,000. With one more it fails as a whole. Defaults to 1,000.
    package var rejectsMax: Int
    /// Defaults to `append`.
    package var mode: Mode

    /// The most rows that an import may be told to set aside.
    package static let rejectsMaxLimit = 1_000_000

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case file, table, columns, delimiter, header, null
        case rejectTable = "reject_table"
        case rejectsMax = "rejects_max"
        case mode
    }

    private struct AnyKey: CodingKey {
        let stringValue: String
        let intValue: Int? = nil

        init?(stringValue: String) { self.stringValue = stringValue }

        init?(intValue: Int) { nil }
    }

    /// Args with defaults for everything not named.
    package init(
        file: String,
        table: String,
        columns: [String: String]? = nil,
        delimiter: String = ",",
        header: Bool = true,
        null: String = "",
        rejectTable: String? = nil,
        rejectsMax: Int = 1000
    ) {
        self.file = file
        self.table = table
        self.columns = columns
        self.delimiter = delimiter
        self.header = header
        self.null = null
        self.rejectTable = rejectTable
        self.rejectsMax = rejectsMax
        mode = .append
    }

    /// Reads args; a field that is not known is refused, because it would be a mistake that nobody notices.
    package init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: AnyKey.self).allKeys
        for key in keys where CodingKeys(stringValue: key.stringValue) == nil {
            let known = CodingKeys.allCases.map(\.rawValue).joined(separator: ", ")
            throw DecodingError.dataCorrupted(
                .init(codingPath: [key], debugDescription: "there is no such field; there are \(known)")
            )
        }
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        file = try fields.decode(String.self, forKey: .file)
        table = try fields.decode(String.self, forKey: .table)
        columns = try fields.decodeIfPresent([String: String].self, forKey: .columns)
        delimiter = try fields.decodeIfPresent(String.self, forKey: .delimiter) ?? ","
        header = try fields.decodeIfPresent(Bool.self, forKey: .header) ?? true
        null = try fields.decodeIfPresent(String.self, forKey: .null) ?? ""
        rejectTable = try fields.decodeIfPresent(String.self, forKey: .rejectTable)
        rejectsMax = try fields.decodeIfPresent(Int.self, forKey: .rejectsMax) ?? 1000
        mode = try fields.decodeIfPresent(Mode.self, forKey: .mode) ?? .append
    }
}
