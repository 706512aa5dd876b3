import TuskCore

/// The rows of a file with one JSON object in each line.
///
/// A member that is missing counts as null. A text, number or truth value goes to its column as it is, an object or
/// array only to columns of JSON and text.
struct JSONRows: ImportRows {
    let columns: [TableColumn]
    /// The member for each column.
    private let members: [String]
    private let known: Set<[UInt8]>
    /// Whether members that go to no column are left out; otherwise such a row is set aside.
    private let ignoresOthers: Bool
    private static let limits = JSONLimits(bytesMax: CSVParser.rowBytesMax)

    /// `wanted` says which member goes to which column, and others are left out. Without it all go to the columns of
    /// their own names; `first`, the first line of the file, then says which of those columns that have a default get
    /// values from the file.
    init(wanted: [String: String]?, first: ArraySlice<UInt8>, table: [TableColumn]) throws(TaskFailure) {
        let given: Set<[UInt8]>
        do throws(JSONError) {
            let document = try JSONDocument(validating: Array(first), limits: Self.limits)
            given = Set(document.root.members.map(\.key))
        } catch {
            given = []
        }
        let names: [String: String]
        if let wanted {
            names = wanted
        } else {
            let taken = table.filter { column in
                given.contains(Array(column.name.utf8)) || !column.hasDefault && !column.isGenerated
            }
            names = Dictionary(uniqueKeysWithValues: taken.map { ($0.name, $0.name) })
        }
        // In some fixed order.
        let header = names.keys.sorted()
        let mapping = try ImportMapping(header: header, wanted: names, table: table)
        columns = mapping.columns.map(\.column)
        members = mapping.columns.map { header[$0.field] }
        known = Set(members.map { Array($0.utf8) })
        ignoresOthers = wanted != nil
    }

    func next(in buffer: Span<UInt8>, from start: Int, isLast: Bool) -> RowStep {
        guard start < buffer.count else { return isLast ? .finished : .incomplete }
        var at = start
        while at < buffer.count, buffer[at] != CSVDialect.lineFeed { at += 1 }
        guard at < buffer.count || isLast else {
            return buffer.count - start < CSVParser.rowBytesMax ? .incomplete : .overlong(end: buffer.count)
        }
        let end = at > start && buffer[at - 1] == CSVDialect.carriageReturn ? at - 1 : at
        let next = min(at + 1, buffer.count)
        guard end - start <= CSVParser.rowBytesMax else { return .fault(.tooLong, end: end, next: next) }
        return .row(end: end, next: next, lines: 1)
    }

    func append(_ range: Range<Int>, of buffer: [UInt8], to text: inout [UInt8]) -> String? {
        let start = text.count
        guard let reason = write(range, of: buffer, to: &text) else {
            text.append(CopyText.lineFeed)
            return nil
        }
        text.removeSubrange(start...)
        return reason
    }

    private func write(_ range: Range<Int>, of buffer: [UInt8], to text: inout [UInt8]) -> String? {
        guard !range.isEmpty else { return "an empty line" }
        let document: JSONDocument
        do throws(JSONError) {
            document = try JSONDocument(validating: Array(buffer[range]), limits: Self.limits)
        } catch {
            return "not JSON: \(error.message)"
        }
        guard document.root.kind == .object else { return "not a JSON object" }
        if !ignoresOthers {
            for member in document.root.members where !known.contains(member.key) {
                return "no column takes \"\(String(decoding: member.key.prefix(64), as: UTF8.self))\""
            }
        }
        for (place, column) in columns.enumerated() {
            if place > 0 { text.append(CopyText.tab) }
            if let reason = write(document.root.member(members[place]), for: column, to: &text) {
                return "column \"\(column.name)\": \(reason)"
            }
        }
        return nil
    }

    private func write(_ value: JSONValue?, for column: TableColumn, to text: inout [UInt8]) -> String? {
        guard let value, !value.isNull else {
            guard !column.refusesNull else { return "null, which the column does not take" }
            text.append(contentsOf: CopyText.null)
            return nil
        }
        let isJSON = column.rule == .json
        // A column of JSON takes a text with its quotes, all others without.
        let bytes = isJSON ? Array(value.rawBytes) : value.stringBytes ?? Array(value.rawBytes)
        if !isJSON, value.kind == .object || value.kind == .array, !column.rule.takesAnyText {
            return "an object or array, which the column does not take"
        }
        if let fault = column.rule.fault(in: bytes.span) { return RowEncoder.reason(fault, bytes[...]) }
        CopyText.append(bytes[...], to: &text)
        return nil
    }
}
