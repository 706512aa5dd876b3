/// Checks the fields of rows against their columns and writes them for COPY. Pure.
struct RowEncoder {
    private let mapping: ImportMapping
    private let null: [UInt8]
    /// Used again for each value with doubled quotes in it.
    private var unescaped: [UInt8] = []

    init(_ mapping: ImportMapping, _ dialect: CSVDialect) {
        self.mapping = mapping
        null = dialect.null
    }

    /// Appends a row to `text`; or leaves `text` as it was and says what is wrong with the row.
    mutating func append(_ fields: [CSVField], from buffer: [UInt8], to text: inout [UInt8]) -> String? {
        guard fields.count == mapping.fieldCount else {
            let isEmpty = fields.count == 1 && fields[0].start == fields[0].end
            return isEmpty ? "an empty line" : "\(fields.count) fields where \(mapping.fieldCount) are expected"
        }
        let start = text.count
        for (place, target) in mapping.columns.enumerated() {
            if place > 0 { text.append(CopyText.tab) }
            if let reason = append(fields[target.field], for: target.column, from: buffer, to: &text) {
                text.removeSubrange(start...)
                return "column \"\(target.column.name)\": \(reason)"
            }
        }
        text.append(CopyText.lineFeed)
        return nil
    }

    private mutating func append(
        _ field: CSVField,
        for column: TableColumn,
        from buffer: [UInt8],
        to text: inout [UInt8]
    ) -> String? {
        let value = buffer[field.start..<field.end]
        if field.form == .plain, value.elementsEqual(null) {
            guard !column.refusesNull else { return "null, which the column does not take" }
            text.append(contentsOf: CopyText.null)
            return nil
        }
        guard field.form == .escaped else {
            if let fault = column.rule.fault(in: buffer.span.extracting(field.start..<field.end)) {
                return Self.reason(fault, value)
            }
            CopyText.append(value, to: &text)
            return nil
        }
        unescaped.removeAll(keepingCapacity: true)
        field.append(from: buffer.span, to: &unescaped)
        if let fault = column.rule.fault(in: unescaped.span) { return Self.reason(fault, unescaped[...]) }
        CopyText.append(unescaped[...], to: &text)
        return nil
    }

    /// A fault and the value that has it, in words.
    static func reason(_ fault: ValueFault, _ value: ArraySlice<UInt8>) -> String {
        let shown = String(decoding: value.prefix(64), as: UTF8.self)
        return "\"\(shown)\(value.count > 64 ? "..." : "")\" \(fault.reason)"
    }
}
