import TuskCore

/// Writes the rows of a COPY to a file.
struct ExportWriter {
    /// Bytes collected before they are compressed and written.
    private static let pieceBytes = 256 << 10

    private let file: OutputFile
    private let format: ExportArgs.Format
    private let compressor: GzipCompressor?
    private let headerRows: Int
    private var pending: [UInt8] = []
    private var received = 0

    init(_ file: OutputFile, _ format: ExportArgs.Format, isGzip: Bool, hasHeader: Bool) {
        self.file = file
        self.format = format
        compressor = isGzip ? GzipCompressor() : nil
        headerRows = format == .csv && hasHeader ? 1 : 0
    }

    /// Rows written, without the header.
    var rows: Int { max(0, received - headerRows) }

    /// Takes a row as the server sends it.
    mutating func add(_ row: [UInt8]) throws(TaskFailure) {
        received += 1
        switch format {
        case .csv: pending += row
        case .ndjson: CopyText.appendJSON(row, to: &pending)
        }
        if pending.count >= Self.pieceBytes { try flush(isLast: false) }
    }

    /// Writes what is left. Nothing may be added afterwards.
    mutating func finish() throws(TaskFailure) {
        try flush(isLast: true)
    }

    private mutating func flush(isLast: Bool) throws(TaskFailure) {
        try file.write(compressor.map { $0.compress(pending, isLast: isLast) } ?? pending)
        pending.removeAll(keepingCapacity: true)
    }

    /// The result of the job.
    var result: JSONText {
        var writer = JSONWriter(capacity: 128)
        writer.beginObject()
        writer.key("rows")
        writer.int(rows)
        writer.key("bytes")
        writer.int(file.byteCount)
        writer.key("sha256")
        writer.string(file.digestText)
        writer.endObject()
        return writer.text
    }
}
