import Glibc
package import Tusk
import TuskCore

/// `http.request`: makes a request to another server; the answer, cut where it is too long, is the result.
///
/// With a key in the configuration every request is signed as Standard Webhooks has it: the id is that of the job, the
/// same for all its attempts.
package struct HTTPRequestTask: JobHandler {
    package static let kind: Kind = "http.request"
    package static let policy = HandlerPolicy(timeout: .seconds(3700))

    /// The longest answer that is waited for: 4 MiB.
    static let answerBytesMax = 4 << 20
    /// What of it goes into the result: 32 KiB, and less if it has many characters that JSON must escape.
    static let keptBytesMax = 32 << 10
    /// What is left of a result for the rest of it.
    private static let frameBytes = 1024

    private let client: HTTPClient
    private let key: WebhookKey?

    /// - Parameters:
    ///   - network: Which addresses may be connected to.
    ///   - key: What requests are signed with; nil: they are not.
    ///   - trusted: Who may vouch for servers; nil: those the system trusts.
    package init(network: NetworkGuard, key: WebhookKey?, trusting trusted: TrustedAuthorities?) {
        client = HTTPClient(guardian: network, trusting: trusted)
        self.key = key
    }

    package func perform(_ args: RequestArgs, _ context: JobContext) async throws {
        do throws(TaskFailure) {
            try request(args, context)
        } catch {
            throw error.directive
        }
    }

    private func request(_ args: RequestArgs, _ context: JobContext) throws(TaskFailure) {
        let call = try call(args, context)
        let body = AnswerBody(bytesMax: Self.keptBytesMax)
        let head = try client.perform(
            call,
            shouldStop: { context.isCancelled },
            onHead: { _ in },
            onBody: { body.take($0) }
        )
        let isSuccess = args.success.map { $0.contains(head.status) } ?? (200...299).contains(head.status)
        guard isSuccess else { throw HTTPAnswers.failure(head) }
        do throws(TuskError) {
            try context.setResult(body.result(head, bytesMax: JSONLimits.args.bytesMax - Self.frameBytes))
        } catch {
            throw .refused(error.description)
        }
    }

    private func call(_ args: RequestArgs, _ context: JobContext) throws(TaskFailure) -> HTTPCall {
        guard (1...RequestArgs.timeoutSecondsMax).contains(args.timeoutSeconds) else {
            throw .refused("timeout_seconds must be from 1 to \(RequestArgs.timeoutSecondsMax)")
        }
        guard args.success?.allSatisfy({ (100...599).contains($0) }) ?? true else {
            throw .refused("success must be statuses from 100 to 599")
        }
        var headers = try HTTPCall.headers(args.headers, reserved: WebhookKey.headerNames)
        let json = try Self.json(context.rawArgs)
        guard json == nil || args.body == nil else { throw .refused("there can be a body or json, not both") }
        if json != nil, !headers.contains(where: { $0.name.lowercased() == "content-type" }) {
            headers.append(("Content-Type", "application/json"))
        }
        let body = json ?? args.body.map { Array($0.utf8) }
        if let key {
            // Receivers compare it with their own clocks.
            let id = String(context.id.rawValue)
            headers += WebhookKey.headers(signedWith: [key], id: id, timestamp: time(nil), body: body ?? [])
        }
        let isSending: Bool
        switch args.method {
        case .get, .head:
            isSending = false
            guard body == nil else { throw .refused("\(args.method.rawValue) has no body") }
        case .delete: isSending = body != nil
        case .post, .put, .patch: isSending = true
        }
        return HTTPCall(
            method: args.method.rawValue,
            url: args.url,
            headers: headers,
            body: isSending ? body ?? [] : nil,
            bytesMax: Self.answerBytesMax,
            timeout: min(.seconds(args.timeoutSeconds), context.remaining)
        )
    }

    /// The field `json` as it came, byte for byte.
    private static func json(_ raw: JSONText) throws(TaskFailure) -> [UInt8]? {
        do throws(JSONError) {
            return try JSONDocument(validating: raw.bytes, limits: .args).root.member("json").map { Array($0.rawBytes) }
        } catch {
            throw .refused("args are not JSON: \(error.message)")
        }
    }
}

extension AnswerBody {
    /// The result of the job; the body is cut until all of it fits. What is no UTF-8 is replaced.
    fileprivate func result(_ head: HTTPHead, bytesMax: Int) -> JSONText {
        var length = kept.count
        while true {
            var writer = JSONWriter(capacity: length + 256)
            writer.beginObject()
            writer.key("status")
            writer.int(head.status)
            writer.key("content_type")
            if let type = head.value("content-type") { writer.string(String(type.prefix(128))) } else { writer.null() }
            writer.key("bytes")
            writer.int(byteCount)
            writer.key("body")
            writer.string(String(decoding: kept.prefix(length).map { $0 == 0 ? 0x20 : $0 }, as: UTF8.self))
            writer.endObject()
            if writer.bytes.count <= bytesMax { return writer.text }
            length /= 2
        }
    }
}
