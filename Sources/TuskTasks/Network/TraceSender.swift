/// Posts batches of spans to a collector, by OTLP/HTTP in JSON.
///
/// The operator names the collector, so its address may be any.
package final class TraceSender: Sendable {
    /// How long a collector may take for a batch.
    private static let timeout = Duration.seconds(5)
    /// Its answer is not looked at beyond its status.
    private static let answerBytesMax = 64 << 10
    /// What comes after the address that is configured. Source: OTLP specification, "OTLP/HTTP Request".
    private static let path = "/v1/traces"

    private let url: String
    private let headers: [(name: String, value: String)]
    private let client: HTTPClient

    /// What is wrong with an endpoint or headers: the end of a sentence.
    package struct Fault: Error, Equatable, Sendable {
        package let words: String
    }

    /// A sender to the endpoint `http://collector:4318`; headers as in `api-key=secret,team=jobs`, with values
    /// percent-encoded, or empty.
    package init(endpoint: String, headers text: String) throws(Fault) {
        guard endpoint.hasPrefix("http://") || endpoint.hasPrefix("https://") else {
            throw Fault(words: "must be a URL with http or https, such as http://localhost:4318")
        }
        url = (endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint) + Self.path
        if let fault = HTTPURL.fault(of: url) { throw Fault(words: fault) }
        var given: [String: String] = [:]
        for part in text.split(separator: ",") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, let value = Self.decoded(pair[1]) else {
                throw Fault(words: "must have headers like name=value, with commas between them")
            }
            given[Self.trimmed(pair[0])] = Self.trimmed(value[...])
        }
        do throws(TaskFailure) {
            headers = try HTTPCall.headers(given, reserved: ["content-type"])
        } catch {
            throw Fault(words: "has a header that cannot be sent")
        }
        client = HTTPClient(guardian: NetworkGuard(allowing: ["0.0.0.0/0", "::/0"].compactMap { Network($0) }))
    }

    /// Sends a batch; false when it was not taken. Blocks, at most for 5 seconds.
    package func send(_ body: [UInt8]) -> Bool {
        var call = HTTPCall(url: url, timeout: Self.timeout)
        call.method = "POST"
        call.headers = [("Content-Type", "application/json")] + headers
        call.body = body
        call.bytesMax = Self.answerBytesMax
        do throws(TaskFailure) {
            let head = try client.perform(
                call,
                shouldStop: { false },
                onHead: { (_: HTTPHead) throws(TaskFailure) in },
                onBody: { (_: [UInt8]) throws(TaskFailure) in }
            )
            return (200..<300).contains(head.status)
        } catch {
            return false
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text.drop { $0 == " " }
        while text.last == " " { text.removeLast() }
        return String(text)
    }

    /// Takes percent encoding out; nil when it is broken.
    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, !digits.hasPrefix("+"), let number = UInt8(digits, radix: 16) else {
                return nil
            }
            bytes.append(number)
            rest.removeFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
