/// A row that is set aside.
struct Reject: Sendable, Hashable {
    /// Where the row starts in the file, from 1; the header counts.
    let line: Int
    /// Why, in words.
    let reason: String
    /// The row as it is in the file. What is not UTF-8 is replaced, NUL too, since PostgreSQL cannot store them.
    let raw: String

    /// The longest row that is kept as a whole: 64 KiB. Of longer ones the beginning is kept.
    static let rawBytesMax = 65_536
    /// The longest reason, in bytes; the server's own may be longer.
    static let reasonBytesMax = 1024

    init(line: Int, reason: String, raw: ArraySlice<UInt8>) {
        self.line = line
        self.reason = Self.storable(reason.utf8.prefix(Self.reasonBytesMax))
        self.raw = Self.storable(raw.prefix(Self.rawBytesMax))
    }

    private static func storable(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: bytes.map { $0 == 0 ? UInt8(ascii: "?") : $0 }, as: UTF8.self)
    }

    /// The row in COPY's text format, for the columns line, reason, raw and job.
    func append(to text: inout [UInt8], job: Int64) {
        text += String(line).utf8
        text.append(CopyText.tab)
        CopyText.append(Array(reason.utf8)[...], to: &text)
        text.append(CopyText.tab)
        CopyText.append(Array(raw.utf8)[...], to: &text)
        text.append(CopyText.tab)
        text += String(job).utf8
        text.append(CopyText.lineFeed)
    }
}
