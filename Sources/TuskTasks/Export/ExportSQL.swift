import TuskPostgres

/// The statements of an export. They are here and not in `sql/` because they are made around a query of the operator's;
/// what a job gives goes to the server as a parameter, never as a part of a statement.
enum ExportSQL {
    /// Keeps the job's parameters for the transaction: COPY itself takes none. $1 text: a JSON object.
    static let setParameters = Statement(
        name: "set_parameters",
        text: "select pg_catalog.set_config('tusk.args', $1, true)",
        isReadOnly: true
    )

    /// Sends the rows of a query in one of the formats.
    static func copy(_ query: NamedQuery, _ format: ExportArgs.Format, header: Bool) -> Statement {
        let rows = "\(parameters(of: query)) (\n\(query.text)\n)"
        let text: String
        switch format {
        case .csv:
            text = "copy (\(rows)) to stdout with (format csv, header \(header), encoding 'UTF8')"
        case .ndjson:
            text = """
                copy (select pg_catalog.row_to_json(export) from (\(rows)) as export)
                to stdout with (format text, encoding 'UTF8')
                """
        }
        return Statement(name: "copy_query", text: text, isReadOnly: true)
    }

    /// The one row `args` that the query may read.
    private static func parameters(of query: NamedQuery) -> String {
        guard !query.parameters.isEmpty else { return "" }
        let values = query.parameters.map { parameter in
            "cast(given.fields ->> '\(parameter.name)' as \(parameter.type)) as \(TableName.quote(parameter.name))"
        }
        return """
            with args as materialized (
                select \(values.joined(separator: ", "))
                from (select pg_catalog.current_setting('tusk.args')::json as fields) as given
            )
            """
    }
}
