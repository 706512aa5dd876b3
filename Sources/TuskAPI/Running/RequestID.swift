import Synchronization
import TuskHTTP

/// Ids of requests, for finding the lines of a log that belong to an answer.
enum RequestID {
    static let field = "X-Request-Id"
    /// The longest id that is taken over from the client, in bytes.
    static let bytesMax = 128
    /// Digits of our own ids: 65 bits, in so few bytes that a string needs no memory for them.
    static let digitCount = 13

    private static let digits = Array("0123456789abcdefghijklmnopqrstuv".utf8)
    /// Begins at random, so that two processes do not have the same ids. The system is not asked for each: that took
    /// more time than reading the job (12 % of the process, measured under load).
    private static let counter = Atomic<UInt64>(.random(in: .min ... .max))

    /// The client's id, if it is one that can stand in a log, or a new one.
    static func of(_ request: HTTPRequest) -> String {
        guard let given = request.headers[field], isAcceptable(given) else { return new() }
        return given
    }

    /// An id that this process gives out once.
    static func new() -> String {
        var number = mixed(counter.wrappingAdd(1, ordering: .relaxed).newValue)
        var text = [UInt8](repeating: 0, count: digitCount)
        for place in text.indices {
            text[place] = digits[Int(number & 31)]
            number >>= 5
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Another number for each number, without a visible order.
    ///
    /// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (2014), the finalizer.
    private static func mixed(_ number: UInt64) -> UInt64 {
        var mixed = number
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    static func isAcceptable(_ text: String) -> Bool {
        (1...bytesMax).contains(text.utf8.count)
            && text.utf8.allSatisfy { Base62.isDigit($0) || "-_.:/+=".utf8.contains($0) }
    }
}
