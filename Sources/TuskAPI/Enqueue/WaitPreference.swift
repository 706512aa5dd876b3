import TuskHTTP

/// How long a client would wait for the end of the job that it enqueues: `Prefer: wait=10`.
///
/// A preference that cannot be read is passed over, as are others.
///
/// Source: RFC 7240, sections 2 and 4.3.
struct WaitPreference: Sendable, Hashable {
    /// The longest wait, in seconds; who asks for more gets this.
    static let secondsMax = 30

    /// 1...30.
    let seconds: Int

    /// The preference of a request; nil without one.
    static func of(_ request: HTTPRequest) -> WaitPreference? {
        guard let field = request.headers["Prefer"] else { return nil }
        for part in field.split(separator: ",") {
            let words = part.split(separator: ";").first?.split(separator: "=", maxSplits: 1).map { word in
                word.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }
            }
            guard let words, words.count == 2, words[0].lowercased() == "wait" else { continue }
            // The first one counts.
            return WaitPreference(words[1])
        }
        return nil
    }

    private init?(_ text: Substring) {
        let digits = text.utf8
        guard (1...9).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        guard let seconds = Int(text), seconds > 0 else { return nil }
        self.seconds = min(seconds, Self.secondsMax)
    }

    /// What tells the client that its preference was followed.
    var appliedField: (String, String) { ("Preference-Applied", "wait=\(seconds)") }
}
