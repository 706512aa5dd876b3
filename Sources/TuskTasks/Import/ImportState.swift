import TuskCore

/// How far an import has come: what is committed, and where the rest of the source starts. It is the job's cursor,
/// saved in the transaction that has the rows.
struct ImportState: Sendable, Hashable {
    /// What an import has done.
    struct Totals: Sendable, Hashable {
        var rows = 0
        var rejected = 0
        /// Of the file as it is, compressed or not.
        var bytes = 0
    }

    var totals = Totals()
    /// Where the next row starts, in plain bytes.
    var offset = 0
    /// The line there, from 1.
    var line = 1
    /// Whether the server has refused rows that looked good.
    var isCareful = false
    /// What was read of the file.
    var mark = InputBytes.Mark(bytes: 0)
    /// Which state of it that was, as its server has said.
    var version: SourceVersion?

    /// Nothing yet.
    init() {}

    /// Reads a cursor; nil when it is not one of an import.
    init?(_ cursor: JSONText) {
        let root: JSONValue
        do throws(JSONError) {
            root = try JSONDocument(validating: cursor.bytes, limits: .args).root
        } catch {
            return nil
        }
        let number = { (name: String) in root.member(name)?.int64.flatMap { Int(exactly: $0) } }
        guard let rows = number("rows"), let rejected = number("rejected"), let bytes = number("bytes"),
            let offset = number("offset"), let line = number("line"), let isCareful = root.member("careful")?.bool,
            let digest = root.member("sha256")
        else { return nil }
        totals = Totals(rows: rows, rejected: rejected, bytes: bytes)
        mark = InputBytes.Mark(bytes: bytes, digest: digest.string)
        version = root.member("source").map { source in
            SourceVersion(
                tag: source.member("etag")?.string,
                modified: source.member("modified")?.string,
                length: source.member("length")?.int64.flatMap { Int(exactly: $0) }
            )
        }
        (self.offset, self.line, self.isCareful) = (offset, line, isCareful)
    }

    /// The cursor.
    var cursor: JSONText { text(hasPlace: true) }

    /// The result of the job, when nothing of the file is left.
    var result: JSONText { text(hasPlace: false) }

    private func text(hasPlace: Bool) -> JSONText {
        var writer = JSONWriter(capacity: 256)
        writer.beginObject()
        let numbers = [("rows", totals.rows), ("rejected", totals.rejected), ("bytes", totals.bytes)]
        for (name, number) in numbers + (hasPlace ? [("offset", offset), ("line", line)] : []) {
            writer.key(name)
            writer.int(Int64(number))
        }
        if hasPlace {
            writer.key("careful")
            writer.bool(isCareful)
        }
        writer.key("sha256")
        if let digest = mark.digest { writer.string(digest) } else { writer.null() }
        if hasPlace, let version { Self.write(version, &writer) }
        writer.endObject()
        return writer.text
    }

    private static func write(_ version: SourceVersion, _ writer: inout JSONWriter) {
        writer.key("source")
        writer.beginObject()
        for (name, text) in [("etag", version.tag), ("modified", version.modified)] {
            guard let text else { continue }
            writer.key(name)
            writer.string(text)
        }
        if let length = version.length {
            writer.key("length")
            writer.int(Int64(length))
        }
        writer.endObject()
    }
}
