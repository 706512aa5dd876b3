import TuskCore
import TuskStore

/// One line of a streamed bulk request: a job, with an idempotency key of its own or without.
struct BulkLine: Sendable {
    enum Content: Sendable {
        case plain(NewJob)
        case keyed(KeyedRequest)
        case refused(Problem)
    }

    let index: Int
    let content: Content

    private static let keyMember = "idempotency_key"

    /// Reads a line; what is wrong with it concerns no other line.
    init(_ line: LineSplitter.Line, lineBytesMax: Int, principal: Principal, traceparent: String?) {
        index = line.index
        guard let bytes = line.bytes else {
            content = .refused(Problem(.bodyTooLarge, "A line is at most \(lineBytesMax) bytes long."))
            return
        }
        do throws(Problem) {
            content = try Self.read(bytes, principal, traceparent)
        } catch {
            content = .refused(error)
        }
    }

    private static func read(
        _ bytes: [UInt8],
        _ principal: Principal,
        _ traceparent: String?
    ) throws(Problem) -> Content {
        let root = try scan(bytes).root
        guard let keyValue = root.member(keyMember) else {
            return .plain(try JobDecoder.job(root, traceparent: traceparent))
        }
        guard let keyBytes = keyValue.stringBytes, let key = IdempotencyKey(bytes: keyBytes) else {
            let rule = "\(keyMember) must be a string of 1 to \(IdempotencyKey.bytesMax) bytes"
            let fault = Problem.Fault(.pointer("#/\(keyMember)"), code: "invalid_idempotency_key", detail: rule)
            throw Problem(.validation, "One field is wrong.", faults: [fault])
        }
        let job = try JobDecoder.job(try scan(withoutKey(root)).root, traceparent: traceparent)
        return .keyed(
            KeyedRequest(
                keyHash: key.hash(for: principal),
                fingerprint: IdempotencyKey.fingerprint("line", bytes),
                jobs: [job]
            )
        )
    }

    private static func scan(_ bytes: [UInt8]) throws(Problem) -> JSONDocument {
        do throws(JSONError) {
            return try JSONDocument(validating: bytes, limits: JobDecoder.jobLimits)
        } catch {
            throw Problem(error)
        }
    }

    /// The object without the member that is not the job's.
    private static func withoutKey(_ root: JSONValue) -> [UInt8] {
        var writer = JSONWriter(capacity: root.rawBytes.count)
        writer.beginObject()
        for (key, value) in root.members where !key.elementsEqual(keyMember.utf8) {
            writer.key(String(decoding: key, as: UTF8.self))
            writer.raw(value.rawBytes)
        }
        writer.endObject()
        return writer.bytes
    }

    /// About what it takes of a statement.
    var bytes: Int {
        switch content {
        case .plain(let job): 512 + job.args.bytes.count
        case .keyed(let request): 640 + request.jobs.reduce(0) { $0 + $1.args.bytes.count }
        case .refused: 0
        }
    }
}
