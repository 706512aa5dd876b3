import Tusk
import TuskCore

/// One answer of a server on its way into a file. Used by one thread.
final class FetchTransfer {
    private let file: OutputFile
    private let args: FetchArgs
    /// The tag of what is in the file already.
    private let tag: String?
    /// The bytes of it.
    private let start: Int
    private var total: Int?
    private var isResumed = false
    /// Called with the cursor when there is something to tell the file by.
    var saveTag: (JSONText) throws(TaskFailure) -> Void = { _ in }

    init(_ file: OutputFile, _ args: FetchArgs, tag: String?) {
        self.file = file
        self.args = args
        self.tag = tag
        start = file.byteCount
    }

    /// The tag in a cursor; nil when there is none.
    static func tag(in cursor: JSONText) -> String? {
        do throws(JSONError) {
            return try JSONDocument(validating: cursor.bytes, limits: .args).root.member("etag")?.string
        } catch {
            return nil
        }
    }

    /// Makes the request and writes what comes.
    func run(
        _ client: HTTPClient,
        _ headers: [(name: String, value: String)],
        _ context: JobContext
    ) throws(TaskFailure) {
        var call = HTTPCall(
            url: args.url,
            headers: headers,
            bytesMax: args.bytesMax,
            timeout: min(.seconds(args.timeoutSeconds), context.remaining)
        )
        if start > 0, let tag { call.headers += [("Range", "bytes=\(start)-"), ("If-Range", tag)] }
        _ = try client.perform(
            call,
            shouldStop: { context.isCancelled },
            onHead: { (head: HTTPHead) throws(TaskFailure) in try self.take(head) },
            onBody: { (bytes: [UInt8]) throws(TaskFailure) in try self.take(bytes, context) }
        )
        guard total == nil || total == file.byteCount else {
            throw .unreadable("\(file.byteCount) bytes came of \(total ?? 0)")
        }
    }

    private func take(_ head: HTTPHead) throws(TaskFailure) {
        switch head.status {
        case 200: try file.clear()
        case 206 where start > 0 && head.isPart(from: start): isResumed = true
        default: throw HTTPAnswers.failure(head)
        }
        total = head.fileLength
        if let total, total > args.bytesMax { throw tooLong }
        if let tag = head.strongTag, tag != self.tag {
            var writer = JSONWriter()
            writer.beginObject()
            writer.key("etag")
            writer.string(tag)
            writer.endObject()
            try saveTag(writer.text)
        }
    }

    private func take(_ bytes: [UInt8], _ context: JobContext) throws(TaskFailure) {
        guard file.byteCount + bytes.count <= args.bytesMax else { throw tooLong }
        try file.write(bytes)
        guard let total, total > 0 else { return }
        context.progress(Double(file.byteCount) / Double(total), "\(file.byteCount) bytes")
    }

    private var tooLong: TaskFailure { .refused("the file is longer than \(args.bytesMax) bytes") }

    /// Throws when the file is not the expected one.
    func checkDigest() throws(TaskFailure) {
        guard let expected = args.sha256, expected.lowercased() != file.digestText else { return }
        throw .refused("the file has the sha256 \(file.digestText), which is not the expected one")
    }

    /// The result of the job.
    var result: JSONText {
        var writer = JSONWriter(capacity: 128)
        writer.beginObject()
        writer.key("bytes")
        writer.int(file.byteCount)
        writer.key("sha256")
        writer.string(file.digestText)
        writer.key("resumed")
        writer.bool(isResumed)
        writer.endObject()
        return writer.text
    }
}
