import Foundation
import TestSupport
import Testing
import Tusk
import TuskCore

@testable import TuskTasks

/// Secrets of receivers, as the configuration has them and as openssl takes them.
enum Secrets {
    static let texts = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_\(String(repeating: "AAEC", count: 10))"]
    static let hexadecimal = [
        "31f290f6bf06298aab4f08d43c3f082cf648a362da2da4b0", String(repeating: "000102", count: 10),
    ]
}

/// Runs `body` beside a worker that sends the jobs of the kind `work` to a URL.
func withWebhook(
    _ url: String,
    secrets: [String] = [Secrets.texts[0]],
    networks: [String] = ["127.0.0.1"],
    _ body: @escaping @Sendable (WorkerBench) async throws -> Void
) async throws {
    let spec = WebhookSpec(kind: "work", url: url, keys: secrets.compactMap { WebhookKey($0) })
    try await withWorker {
        $0.webhooks = [spec]
        $0.networks = networks.compactMap { Network($0) }
    } _: {
        try await body($0)
    }
}

/// The bytes of an answer.
func answer(_ status: String, _ headers: String = "", _ body: String = "") -> String {
    "HTTP/1.1 \(status)\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
}

/// A request as a receiver reads it.
struct ReceivedRequest {
    let text: String

    /// What comes behind the empty line.
    var body: String { text.components(separatedBy: "\r\n\r\n").dropFirst().joined(separator: "\r\n\r\n") }

    /// The value of a header; `name` as it was sent.
    func header(_ name: String) -> String? {
        text.components(separatedBy: "\r\n").first { $0.hasPrefix("\(name): ") }.map {
            String($0.dropFirst(name.utf8.count + 2))
        }
    }

    /// What has to be signed.
    var signed: String { "\(header("webhook-id") ?? "").\(header("webhook-timestamp") ?? "").\(body)" }
}
