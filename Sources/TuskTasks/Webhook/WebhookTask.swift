import Glibc
import Tusk
import TuskCore

/// Runs the jobs of one kind by posting them to a receiver, signed as Standard Webhooks has it.
///
/// ```
///   answer                                 the job
///   2xx                                    is completed; a body that is JSON is its result
///   410                                    is discarded: the receiver wants no more of it
///   429 and 503 with Retry-After           runs again then, which costs no attempt, up to 100 times
///   everything else, and no answer at all  costs an attempt and is retried by its policy
/// ```
///
/// Where it goes is the configuration's and not the job's, so an address that is not allowed, or a redirect, which is
/// not followed, is no fault of the job's: once it is mended, the next attempt succeeds.
struct WebhookTask: Sendable {
    private let spec: WebhookSpec
    private let client: HTTPClient

    /// What is read of an answer: 1 MiB. Its status counts also when there is more.
    static let answerBytesMax = 1 << 20
    /// What of an answer goes into an error: 500 bytes.
    private static let quoteBytesMax = 500
    /// The shortest time until a busy receiver is asked again.
    static let putOffMin = Duration.seconds(1)
    /// How often a receiver may say that it is busy before that costs the job an attempt each time.
    static let putOffsMax = 100

    init(_ spec: WebhookSpec, _ network: NetworkGuard, trusting trusted: TrustedAuthorities?) {
        self.spec = spec
        client = HTTPClient(guardian: network, trusting: trusted)
    }

    /// Does one job.
    func perform(_ context: JobContext) throws {
        do throws(TaskFailure) {
            try deliver(context)
        } catch .busy(let reason, let delay) {
            if context.noteUnavailable(reason, retryAfter: delay) {
                context.log(.warning, reason)
                throw JobDirective.snooze(for: Self.putOffMin)
            }
            throw try putOff(context, reason, for: max(delay, Self.putOffMin))
        } catch {
            throw error.directive
        }
    }

    private func deliver(_ context: JobContext) throws(TaskFailure) {
        let body = AnswerBody(bytesMax: JSONLimits.args.bytesMax)
        let head = try ask(context, body)
        guard (200...299).contains(head.status) else { throw Self.failure(head, body) }
        guard let result = Self.result(head, body, context) else { return }
        do throws(TuskError) {
            try context.setResult(result)
        } catch {
            throw .refused(error.description)
        }
    }

    /// Makes the request. What of the answer goes beyond the limit is not waited for.
    private func ask(_ context: JobContext, _ body: AnswerBody) throws(TaskFailure) -> HTTPHead {
        let message = WebhookMessage.bytes(context)
        let id = String(context.id.rawValue)
        // Receivers compare the time with their own clocks.
        var headers = WebhookKey.headers(signedWith: spec.keys, id: id, timestamp: time(nil), body: message)
        headers.append(("Content-Type", "application/json"))
        if let parent = context.traceparent, Traceparent.isValid(parent) { headers.append(("traceparent", parent)) }
        let call = HTTPCall(
            method: "POST",
            url: spec.url,
            headers: headers,
            body: message,
            bytesMax: nil,
            timeout: context.remaining,
            stallSeconds: nil
        )
        var longHead: HTTPHead?
        var head = HTTPHead()
        do throws(TaskFailure) {
            return try client.perform(
                call,
                shouldStop: { context.isCancelled },
                onHead: { head = $0 },
                onBody: { (bytes: [UInt8]) throws(TaskFailure) in
                    body.take(bytes)
                    guard body.byteCount > Self.answerBytesMax else { return }
                    longHead = head
                    throw .refused("the answer is longer than \(Self.answerBytesMax) bytes")
                }
            )
        } catch .refused(let reason) {
            if let longHead { return longHead }
            throw .unreadable(reason)
        }
    }

    /// Why an answer is no success.
    private static func failure(_ head: HTTPHead, _ body: AnswerBody) -> TaskFailure {
        switch head.status {
        case 410: return .refused("the receiver answered 410: it wants no more of this")
        case 300...399:
            let location = head.value("location").map { " to \(quote(Array($0.utf8)))" } ?? ""
            return .unreadable("the receiver answered \(head.status)\(location), and redirects are not followed")
        default: break
        }
        let quoted = quote(body.kept)
        let reason = "the receiver answered \(head.status)\(quoted.isEmpty ? "" : ": \(quoted)")"
        return [429, 502, 503, 504].contains(head.status) ? HTTPAnswers.unavailable(head, reason) : .unreadable(reason)
    }

    /// The beginning of a text, in one line.
    private static func quote(_ bytes: [UInt8]) -> String {
        let words = String(decoding: bytes.prefix(quoteBytesMax), as: UTF8.self)
            .split { $0.isWhitespace || $0.unicodeScalars.contains { $0.properties.generalCategory == .control } }
        return words.joined(separator: " ")
    }

    /// The body if it is JSON that a job may carry. A receiver that said it was, and was wrong, is told of in the log.
    private static func result(_ head: HTTPHead, _ body: AnswerBody, _ context: JobContext) -> JSONText? {
        guard body.byteCount > 0 else { return nil }
        let reason: String
        if body.isWhole {
            do throws(JSONError) {
                return try JSONText(validating: body.kept, limits: .args)
            } catch {
                reason = error.message
            }
        } else {
            reason = "it is longer than \(JSONLimits.args.bytesMax) bytes"
        }
        if head.value("content-type")?.lowercased().contains("json") == true {
            context.log(.warning, "the receiver's answer is not kept as the result: \(reason)")
        }
        return nil
    }

    /// Lets the job wait without costing it an attempt. How often is counted in its cursor, so that a receiver that is
    /// busy for ever does not keep it for ever.
    private func putOff(_ context: JobContext, _ reason: String, for delay: Duration) throws -> JobDirective {
        let count = Self.putOffs(try context.cursor())
        guard count < Self.putOffsMax else { return .retry(after: delay, reason: reason) }
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("put_offs")
        writer.int(count + 1)
        writer.endObject()
        try context.saveCursor(writer.text)
        context.log(.warning, "\(reason); asked again in \(Int(delay / .seconds(1))) s")
        return .snooze(for: delay)
    }

    private static func putOffs(_ cursor: JSONText?) -> Int {
        guard let cursor else { return 0 }
        do throws(JSONError) {
            let document = try JSONDocument(validating: cursor.bytes, limits: .args)
            return document.root.member("put_offs")?.int64.map { Int($0) } ?? 0
        } catch {
            return 0
        }
    }
}
