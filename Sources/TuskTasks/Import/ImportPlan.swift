/// What an import is asked to do, as far as it can be checked without the file and the database.
struct ImportPlan: Sendable {
    /// Where the rows come from.
    enum Source: Sendable {
        case file(String)
        case server(WebSource.Request)
    }

    let args: ImportArgs
    let source: Source
    let format: ImportArgs.Format
    let dialect: CSVDialect
    let target: TableName
    let rejects: TableName
    /// The table where rows wait that will replace others; it belongs to this job.
    let staging: TableName

    /// Checks args; `job` is for the name of a table of its own.
    init(_ args: ImportArgs, tables: AllowedTables, job: Int64) throws(TaskFailure) {
        self.args = args
        source = try Self.source(args)
        format = args.format ?? Self.format(of: args.file ?? Self.path(of: args.url ?? ""))
        guard let dialect = CSVDialect(delimiter: args.delimiter, null: args.null) else {
            throw .refused("delimiter must be one byte that is no quote and no line end, and not part of null")
        }
        let target = try tables.table(args.table, "table")
        guard (0...ImportArgs.rejectsMaxLimit).contains(args.rejectsMax) else {
            throw .refused("rejects_max must be from 0 to \(ImportArgs.rejectsMaxLimit)")
        }
        guard let staging = target.sibling("tusk_import_\(job)") else { preconditionFailure("a name that is too long") }
        self.dialect = dialect
        self.target = target
        self.staging = staging
        rejects = try Self.rejects(args, target, tables)
        try Self.checkKey(args)
    }

    private static func source(_ args: ImportArgs) throws(TaskFailure) -> Source {
        switch (args.file, args.url) {
        case (nil, nil): throw .refused("file or url must be given")
        case (.some, .some): throw .refused("there can be a file or a url, not both")
        case (let file?, nil):
            let others = [
                ("headers", args.headers != nil), ("bytes_max", args.bytesMax != nil),
                ("timeout_seconds", args.timeoutSeconds != nil),
            ]
            if let other = others.first(where: \.1) { throw .refused("\(other.0) is only for a url") }
            return .file(file)
        case (nil, let url?):
            guard !args.atomic else {
                throw .refused("atomic is not for a url, since the transaction would wait for another server")
            }
            let bytesMax = args.bytesMax ?? FetchArgs.bytesMaxDefault
            let timeoutSeconds = args.timeoutSeconds ?? FetchArgs.timeoutSecondsDefault
            try FetchArgs.check(bytesMax: bytesMax, timeoutSeconds: timeoutSeconds)
            let headers = try HTTPCall.headers(args.headers ?? [:], reserved: FetchArgs.reservedHeaders)
            let timeout = Duration.seconds(timeoutSeconds)
            return .server(WebSource.Request(url: url, headers: headers, bytesMax: bytesMax, timeout: timeout))
        }
    }

    /// How long the source may be when it is unpacked. A file is there because somebody of this machine wants it; what
    /// another server sends might never end.
    var plainBytesMax: Int {
        switch source {
        case .file: .max
        case .server(let request): request.bytesMax
        }
    }

    /// The part of a URL that may end in the name of a file.
    private static func path(of url: String) -> String { String(url.prefix { $0 != "?" && $0 != "#" }) }

    private static func rejects(
        _ args: ImportArgs,
        _ target: TableName,
        _ tables: AllowedTables
    ) throws(TaskFailure) -> TableName {
        let rejects: TableName?
        if let name = args.rejectTable {
            guard TableName(name) != nil else { throw .refused("reject_table must be the name of another table") }
            rejects = try tables.table(name, "reject_table")
        } else {
            rejects = target.rejects
        }
        guard let rejects, rejects != target else { throw .refused("reject_table must be the name of another table") }
        return rejects
    }

    private static func checkKey(_ args: ImportArgs) throws(TaskFailure) {
        switch args.mode {
        case .append, .replace:
            guard args.key == nil else { throw .refused("key is only for the mode upsert") }
        case .upsert:
            guard let key = args.key, !key.isEmpty else { throw .refused("the mode upsert needs a key") }
            guard Set(key.map { Array($0.utf8) }).count == key.count else { throw .refused("key has a column twice") }
        }
    }

    /// The format that a name stands for.
    static func format(of file: String) -> ImportArgs.Format {
        var name = file.lowercased()[...]
        for ending in [".gz", ".zst"] where name.hasSuffix(ending) { name = name.dropLast(ending.count) }
        return name.hasSuffix(".ndjson") || name.hasSuffix(".jsonl") ? .ndjson : .csv
    }

    /// The statements for the columns that the file has values for; `isNew`: no chunk is committed yet.
    func route(_ columns: [TableColumn], isNew: Bool) throws(TaskFailure) -> ImportRoute {
        let names = columns.map(\.name)
        switch args.mode {
        case .append:
            return .append(to: target, columns: names)
        case .replace:
            return .replace(target, by: staging, columns: names, isNew: isNew)
        case .upsert:
            let key = args.key ?? []
            for name in key {
                guard let column = columns.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
                    throw .refused("the file has no values for the column \"\(name.prefix(63))\" of key")
                }
                // Null is never equal to null, so such rows would come in again and again.
                guard column.refusesNull else { throw .refused("the column \"\(column.name)\" of key takes null") }
            }
            return .upsert(into: target, columns: names, key: key)
        }
    }
}
