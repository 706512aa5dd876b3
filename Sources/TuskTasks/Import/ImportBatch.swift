/// Rows that go to the server together, written for COPY, and where each is in the file.
struct ImportBatch {
    /// One row.
    struct Row {
        let line: Int
        /// The row in the buffer of the reader.
        let raw: Range<Int>
        /// Where the row ends in `text`.
        let textEnd: Int
    }

    private(set) var text: [UInt8] = []
    private(set) var rows: [Row] = []

    /// Forgets the rows and keeps the memory.
    mutating func removeAll() {
        text.removeAll(keepingCapacity: true)
        rows.removeAll(keepingCapacity: true)
    }

    /// Adds a row; or says what is wrong with it. `numbersRows` puts the line in front, as a column of its own.
    mutating func append(
        _ rows: inout some ImportRows,
        from buffer: [UInt8],
        line: Int,
        raw: Range<Int>,
        numbersRows: Bool
    ) -> String? {
        let start = text.count
        if numbersRows {
            text += String(line).utf8
            text.append(CopyText.tab)
        }
        if let reason = rows.append(raw, of: buffer, to: &text) {
            text.removeSubrange(start...)
            return reason
        }
        self.rows.append(Row(line: line, raw: raw, textEnd: text.count))
        return nil
    }

    /// What is sent for some of the rows.
    func text(of range: Range<Int>) -> ArraySlice<UInt8> {
        let start = range.lowerBound == 0 ? 0 : rows[range.lowerBound - 1].textEnd
        return text[start..<(range.isEmpty ? start : rows[range.upperBound - 1].textEnd)]
    }
}
