/// What a `data.import` job is asked to do.
package struct ImportArgs: Codable, Sendable, Equatable {
    /// What happens to rows that are in the table already.
    package enum Mode: String, Codable, Sendable {
        /// They stay, and those of the file are added.
        case append
        /// A row of the file takes the place of the one with the same `key`; of several in the file the last counts.
        case upsert
        /// They go at the moment when all of the file is there; until then they are seen as before.
        case replace
    }

    /// How the rows are written in the source.
    package enum Format: String, Codable, Sendable {
        case csv
        /// One JSON object a line.
        case ndjson
    }

    /// The source, if it is a file: absolute, or relative to one of the folders that imports may read; plain, gzip or
    /// zstd. There is either this or `url`.
    package var file: String?
    /// The source, if another server has it: http or https, without user and password; plain, gzip or zstd.
    package var url: String?
    /// Headers of the requests. Only with `url`. Defaults to none.
    package var headers: [String: String]?
    /// The longest source that is taken, as it comes and as it is when it is unpacked: 1...1 TiB. Only with `url`.
    /// Defaults to 1 GiB.
    package var bytesMax: Int?
    /// The time for one attempt in seconds: 1...21,600. Only with `url`. Defaults to 3,600.
    package var timeoutSeconds: Int?
    /// The table, as `schema.name`, or `name` in `public`.
    package var table: String
    /// Nil: `ndjson` for names that end in `.ndjson` or `.jsonl`, before a `.gz` or `.zst`; `csv` for all others.
    package var format: Format?
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
    /// The columns of the table that tell rows apart, with a unique index on them. Only for `upsert`.
    package var key: [String]?
    /// Whether all of it is one transaction; an attempt that fails is then begun anew. Not with `url`: the transaction
    /// would wait for another server. Defaults to false: what is loaded stays, and the next attempt goes on behind it.
    package var atomic: Bool

    /// The most rows that an import may be told to set aside.
    package static let rejectsMaxLimit = 1_000_000

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case file, url, headers
        case bytesMax = "bytes_max"
        case timeoutSeconds = "timeout_seconds"
        case table, format, columns, delimiter, header, null
        case rejectTable = "reject_table"
        case rejectsMax = "rejects_max"
        case mode, key, atomic
    }

    /// Args with defaults for everything not named.
    package init(
        file: String? = nil,
        url: String? = nil,
        table: String,
        columns: [String: String]? = nil,
        delimiter: String = ",",
        header: Bool = true,
        null: String = "",
        rejectTable: String? = nil,
        rejectsMax: Int = 1000,
        mode: Mode = .append,
        key: [String]? = nil
    ) {
        self.file = file
        self.url = url
        self.table = table
        self.columns = columns
        self.delimiter = delimiter
        self.header = header
        self.null = null
        self.rejectTable = rejectTable
        self.rejectsMax = rejectsMax
        self.mode = mode
        self.key = key
        atomic = false
    }

    /// Reads args; a field that is not known is refused, because it would be a mistake that nobody notices.
    package init(from decoder: any Decoder) throws {
        try ArgsFields.check(decoder, CodingKeys.allCases.map(\.rawValue))
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        file = try fields.decodeIfPresent(String.self, forKey: .file)
        url = try fields.decodeIfPresent(String.self, forKey: .url)
        headers = try fields.decodeIfPresent([String: String].self, forKey: .headers)
        bytesMax = try fields.decodeIfPresent(Int.self, forKey: .bytesMax)
        timeoutSeconds = try fields.decodeIfPresent(Int.self, forKey: .timeoutSeconds)
        table = try fields.decode(String.self, forKey: .table)
        format = try fields.decodeIfPresent(Format.self, forKey: .format)
        columns = try fields.decodeIfPresent([String: String].self, forKey: .columns)
        delimiter = try fields.decodeIfPresent(String.self, forKey: .delimiter) ?? ","
        header = try fields.decodeIfPresent(Bool.self, forKey: .header) ?? true
        null = try fields.decodeIfPresent(String.self, forKey: .null) ?? ""
        rejectTable = try fields.decodeIfPresent(String.self, forKey: .rejectTable)
        rejectsMax = try fields.decodeIfPresent(Int.self, forKey: .rejectsMax) ?? 1000
        mode = try fields.decodeIfPresent(Mode.self, forKey: .mode) ?? .append
        key = try fields.decodeIfPresent([String].self, forKey: .key)
        atomic = try fields.decodeIfPresent(Bool.self, forKey: .atomic) ?? false
    }
}
