/// A request to another server.
struct HTTPCall: Sendable {
    var method = "GET"
    var url: String
    var headers: [(name: String, value: String)] = []
    /// Nil: none.
    var body: [UInt8]?
    /// Longer answers are broken off; nil: who takes the body says when it is enough.
    var bytesMax: Int?
    /// For everything, from the first look-up to the last byte.
    var timeout: Duration
    /// A server that sends nothing for so long is given up; nil: only the time for everything counts.
    var stallSeconds: Int? = 60
    /// How slowly the answer may come.
    var pace = AnswerPace()

    /// The most headers.
    static let headersMax = 50
    /// The longest name and value of a header together.
    static let headerBytesMax = 8192

    /// Headers that the client makes itself.
    private static let ownHeaders: Set = [
        "host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect",
    ]

    /// Checks headers as a job gives them, and sorts them. `reserved`: further names that are not the job's to give.
    static func headers(
        _ given: [String: String],
        reserved: [String] = []
    ) throws(TaskFailure) -> [(name: String, value: String)] {
        guard given.count <= headersMax else { throw .refused("headers must be at most \(headersMax)") }
        for (name, value) in given {
            guard !name.isEmpty, name.utf8.allSatisfy(isNameByte), value.utf8.allSatisfy(isValueByte),
                name.utf8.count + value.utf8.count <= headerBytesMax
            else { throw .refused("headers has a name or value that cannot be sent") }
            guard !ownHeaders.contains(name.lowercased()), !reserved.contains(name.lowercased()) else {
                throw .refused("headers must not have \(name)")
            }
        }
        return given.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Source: RFC 9110, 5.6.2 "Tokens".
    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte.isDigit || byte.isLetter || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }

    /// No control characters, so that no header ends early and another begins.
    private static func isValueByte(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != 0x7F
    }
}

/// The first part of an answer.
struct HTTPHead: Sendable {
    var status = 0
    /// Names in lower case, in the order of the answer.
    var headers: [(name: String, value: String)] = []

    /// The first value of a header; `name` in lower case.
    func value(_ name: String) -> String? { headers.first { $0.name == name }?.value }

    /// The longest tag that is kept.
    private static let tagBytesMax = 1024

    /// A tag that promises the same bytes, with its quotes; nil: there is none, or a weak one. Source: RFC 9110, 8.8.
    var strongTag: String? {
        guard let tag = value("etag"), (2...Self.tagBytesMax).contains(tag.utf8.count), tag.hasPrefix("\""),
            tag.hasSuffix("\""), tag.utf8.dropFirst().dropLast().allSatisfy({ $0 > 0x20 && $0 != 0x22 && $0 != 0x7F })
        else { return nil }
        return tag
    }

    /// Whether this is the part of a file that starts at a place. Source: RFC 9110, 14.4.
    func isPart(from start: Int) -> Bool {
        status == 206 && value("content-range")?.hasPrefix("bytes \(start)-") == true
    }

    /// How long the whole file is, in bytes; nil: the answer does not say.
    var fileLength: Int? {
        let whole = status == 206 ? "content-range" : "content-length"
        let number = value(whole)?.split(separator: "/").last.flatMap { Int($0) }
        return number.flatMap { $0 < 0 ? nil : $0 }
    }

    /// How long the server wants to be left alone: seconds, or until a date, which `parse` reads. Both `now` and what
    /// it answers are in seconds since 1970.
    func retryAfter(now: Int, parse: (String) -> Int?) -> Duration? {
        guard let text = value("retry-after") else { return nil }
        if let seconds = Int(text), seconds >= 0 { return .seconds(seconds) }
        return parse(text).map { .seconds(max(0, $0 - now)) }
    }
}
