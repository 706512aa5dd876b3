import Glibc

/// Rows for people: columns in line, two spaces between them, no lines around them.
struct Table {
    /// Where the texts of a column stand.
    enum Alignment { case left, right }

    /// A heading and how its column is aligned.
    struct Column {
        let title: String
        var alignment = Alignment.left
    }

    /// A text and the meaning its colour has.
    struct Cell {
        enum Tone { case plain, good, bad, busy, faint }

        let text: String
        var tone = Tone.plain

        /// A cell of this text; `-` for nil or nothing.
        init(_ text: String?, _ tone: Tone = .plain) {
            let safe = text.map(Printable.line) ?? ""
            self.text = safe.isEmpty ? "-" : safe
            self.tone = tone
        }
    }

    /// What stands between two columns.
    private static let gap = "  "

    let columns: [Column]
    private(set) var rows: [[Cell]] = []

    /// A table without rows.
    init(_ columns: [Column]) { self.columns = columns }

    /// Adds a row of as many cells as there are columns.
    mutating func add(_ cells: Cell...) {
        precondition(cells.count == columns.count, "a row with \(cells.count) of \(columns.count) cells")
        rows.append(cells)
    }

    /// The lines, the headings first; cut to `width` characters when there is one.
    func lines(width: Int? = nil, isColored: Bool = false) -> [String] {
        let widths = columns.indices.map { column in
            rows.reduce(columns[column].title.count) { max($0, $1[column].text.count) }
        }
        let headings = columns.map { Cell($0.title, .faint) }
        return ([headings] + rows).map { line($0, widths, width: width, isColored: isColored) }
    }

    private func line(_ cells: [Cell], _ widths: [Int], width: Int?, isColored: Bool) -> String {
        var line = ""
        var used = 0
        for (index, cell) in cells.enumerated() {
            let isLast = index == cells.count - 1
            let padding = String(repeating: " ", count: widths[index] - cell.text.count)
            var text = columns[index].alignment == .right ? padding + cell.text : cell.text
            if columns[index].alignment == .left, !isLast { text += padding }
            if index > 0 { text = Self.gap + text }
            // Whatever does not fit is cut off, so that a row stays one line.
            if let width, used + text.count > width {
                guard used < width else { return line }
                let room = max(0, width - used - 1)
                return line + Self.paint(text.prefix(room) + "…", cell.tone, isColored)
            }
            used += text.count
            line += Self.paint(text[...], cell.tone, isColored)
        }
        return line
    }

    private static func paint(_ text: Substring, _ tone: Cell.Tone, _ isColored: Bool) -> String {
        guard isColored, let code = code(tone) else { return String(text) }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }

    /// Parameters of the escape sequence "select graphic rendition" (ECMA-48, 8.3.117).
    private static func code(_ tone: Cell.Tone) -> String? {
        switch tone {
        case .plain: nil
        case .good: "32"
        case .bad: "31"
        case .busy: "33"
        case .faint: "2"
        }
    }

    /// The width of the terminal that standard output is; nil when it is none.
    static func terminalWidth() -> Int? {
        var size = winsize()
        guard isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else {
            return nil
        }
        return Int(size.ws_col)
    }
}

extension Console {
    /// Shows a table, or the sentence for an empty one.
    func show(_ table: Table, empty: String) throws(CommandError) {
        guard !table.rows.isEmpty else { return note(empty) }
        for line in table.lines(width: Table.terminalWidth(), isColored: isColored) { try result(line) }
    }
}
