import Tusk

/// What a `data.rollup` job is asked to do.
package struct RollupArgs: Codable, Sendable, Equatable {
    /// How the values of a column become one. Each can be taken further by later rows.
    package enum Function: String, Codable, Sendable {
        case count, sum, min, max
    }

    /// A column of the target and the rows' values it is made from.
    package struct Aggregate: Codable, Sendable, Equatable {
        package var function: Function
        /// A column of the source. Nil: rows are counted.
        package var column: String?

        private enum CodingKeys: String, CodingKey, CaseIterable {
            case function, column
        }

        /// An aggregate of a column.
        package init(_ function: Function, _ column: String? = nil) {
            self.function = function
            self.column = column
        }

        /// Reads args; a field that is not known is refused.
        package init(from decoder: any Decoder) throws {
            try ArgsFields.check(decoder, CodingKeys.allCases.map(\.rawValue))
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            function = try fields.decode(Function.self, forKey: .function)
            column = try fields.decodeIfPresent(String.self, forKey: .column)
        }
    }

    /// What the beginning of a time is taken for.
    package enum Unit: String, Codable, Sendable {
        case minute, hour, day, week, month, quarter, year
    }

    /// A column of the target and what rows of the source have in common: a column, or the part of a time.
    package struct Group: Codable, Sendable, Equatable {
        package var column: String
        /// Nil: the column as it is.
        package var unit: Unit?

        private enum CodingKeys: String, CodingKey, CaseIterable {
            case column, unit
        }

        /// A group by a column.
        package init(_ column: String, _ unit: Unit? = nil) {
            self.column = column
            self.unit = unit
        }

        /// Reads a name, or a name and a unit; a field that is not known is refused.
        package init(from decoder: any Decoder) throws {
            if let name = try? decoder.singleValueContainer().decode(String.self) {
                (column, unit) = (name, nil)
                return
            }
            try ArgsFields.check(decoder, CodingKeys.allCases.map(\.rawValue))
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            column = try fields.decode(String.self, forKey: .column)
            unit = try fields.decodeIfPresent(Unit.self, forKey: .unit)
        }
    }

    /// The table whose rows are summed up.
    package var source: String
    /// A column of it that only grows: each new row has a value greater than those of all rows before.
    package var watermark: String
    /// The columns of the target that tell its rows apart, each with where its value comes from; there must be a unique
    /// index on them.
    package var groupBy: [String: Group]
    /// The other columns of the target.
    package var aggregates: [String: Aggregate]
    /// The table with the sums.
    package var target: String
    /// Rows whose watermark is not older than this by the database's clock are left for the next time: 0...86,400.
    /// Only for times. Defaults to 60, because a transaction may commit a while after the time it has written.
    package var lagSeconds: Int

    /// The longest lag.
    package static let lagSecondsMax = 86_400
    /// The lag unless another is given.
    package static let lagSecondsDefault = 60
    /// The most columns of each sort.
    package static let columnsMax = 100

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case source, watermark
        case groupBy = "group_by"
        case aggregates, target
        case lagSeconds = "lag_seconds"
    }

    /// Args of these parts.
    package init(
        source: String,
        watermark: String,
        groupBy: [String: Group],
        aggregates: [String: Aggregate],
        target: String,
        lagSeconds: Int = lagSecondsDefault
    ) {
        self.source = source
        self.watermark = watermark
        self.groupBy = groupBy
        self.aggregates = aggregates
        self.target = target
        self.lagSeconds = lagSeconds
    }

    /// Reads args; a field that is not known is refused.
    package init(from decoder: any Decoder) throws {
        try ArgsFields.check(decoder, CodingKeys.allCases.map(\.rawValue))
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        source = try fields.decode(String.self, forKey: .source)
        watermark = try fields.decode(String.self, forKey: .watermark)
        groupBy = try fields.decode([String: Group].self, forKey: .groupBy)
        aggregates = try fields.decode([String: Aggregate].self, forKey: .aggregates)
        target = try fields.decode(String.self, forKey: .target)
        lagSeconds = try fields.decodeIfPresent(Int.self, forKey: .lagSeconds) ?? Self.lagSecondsDefault
    }
}
