import Tusk

/// What a `data.export` job is asked to do.
package struct ExportArgs: Codable, Sendable, Equatable {
    /// How the rows are written.
    package enum Format: String, Codable, Sendable {
        case csv
        /// One JSON object a line.
        case ndjson
    }

    /// A value for a parameter: null, true, false, a number or a text that the parameter's type can be read from. What
    /// is sent to the server is the job's own text, so that no digit of a number is lost.
    package struct Value: Codable, Sendable, Equatable {
        /// Any value.
        package init() {}

        package init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            guard !value.decodeNil(), (try? value.decode(Bool.self)) == nil, (try? value.decode(Double.self)) == nil
            else { return }
            _ = try value.decode(String.self)
        }

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encodeNil()
        }
    }

    /// The name of a query that the configuration offers.
    package var query: String
    /// A value for each of the query's parameters. Defaults to none.
    package var parameters: [String: Value]
    /// The file: absolute, or relative to one of the folders that tasks may write to. Its folder must be there.
    package var file: String
    /// Nil: `ndjson` for names that end in `.ndjson` or `.jsonl`, before a `.gz`; `csv` for all others.
    package var format: Format?
    /// Whether the file is compressed. Nil: when its name ends in `.gz`.
    package var gzip: Bool?
    /// Whether the first row of CSV has the names of the columns. Defaults to true.
    package var header: Bool

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case query, parameters, file, format, gzip, header
    }

    /// Args with defaults for everything not named.
    package init(query: String, parameters: [String: Value] = [:], file: String, header: Bool = true) {
        self.query = query
        self.parameters = parameters
        self.file = file
        self.header = header
    }

    /// Reads args; a field that is not known is refused.
    package init(from decoder: any Decoder) throws {
        try ArgsFields.check(decoder, CodingKeys.allCases.map(\.rawValue))
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        query = try fields.decode(String.self, forKey: .query)
        parameters = try fields.decodeIfPresent([String: Value].self, forKey: .parameters) ?? [:]
        file = try fields.decode(String.self, forKey: .file)
        format = try fields.decodeIfPresent(Format.self, forKey: .format)
        gzip = try fields.decodeIfPresent(Bool.self, forKey: .gzip)
        header = try fields.decodeIfPresent(Bool.self, forKey: .header) ?? true
    }
}
