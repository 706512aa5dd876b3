import TuskHTTP
import TuskStore

/// Where the next page of a list begins, as a word that clients hand back and do not look into.
///
/// It has the last item of the page before and a digest of it and of what list it is, so a token that was changed, or
/// that belongs to another list or filter, is refused. It is no secret and gives no rights.
enum PageToken {
    private static let checkCount = 12
    /// The longest token, in bytes of its text: that of the longest name.
    private static let textBytesMax = 512

    /// The token of a place in a list; `list` tells lists and filters apart.
    static func text(_ place: [UInt8], list: String) -> String {
        Digest.hexadecimal(place + check(place, list))
    }

    /// The place in the query's `page_token`; nil without one.
    static func place(_ call: Call, list: String) throws(Problem) -> [UInt8]? {
        guard let text = call.request.query["page_token"] else { return nil }
        guard text.utf8.count <= textBytesMax, let bytes = bytes(Array(text.utf8)), bytes.count > checkCount else {
            throw refusal
        }
        let place = Array(bytes.dropLast(checkCount))
        guard bytes.suffix(checkCount).elementsEqual(check(place, list)) else { throw refusal }
        return place
    }

    static let refusal = Problem(
        .invalidPageToken,
        "The page token was not given out for this list with these filters.",
        faults: [
            Problem.Fault(.parameter("page_token"), code: "invalid_page_token", detail: "Start again without a token.")
        ]
    )

    private static func check(_ place: [UInt8], _ list: String) -> [UInt8] {
        Array(Digest.sha256(Array("page token\0\(list)\0".utf8) + place).prefix(checkCount))
    }

    /// The bytes that lower-case hexadecimal digits spell.
    private static func bytes(_ digits: [UInt8]) -> [UInt8]? {
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
