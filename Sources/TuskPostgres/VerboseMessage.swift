/// Reading and cleaning libpq's messages. Pure.
enum VerboseMessage {
    /// The SQLSTATE and the text of a server's refusal in `FATAL:  28P01: password authentication failed ...`, followed
    /// by lines such as `LOCATION:`. The severity may be translated; two spaces, five characters and a colon are not.
    ///
    /// Several refusals, as from several addresses, are all in the text; the last one counts.
    static func parse(_ text: String) -> (sqlState: String, message: String)? {
        var found: (sqlState: String, message: String)?
        for line in text.split(separator: "\n") {
            let bytes = Array(line.utf8)
            guard bytes.count >= 10 else { continue }
            for start in 0..<(bytes.count - 9) {
                let code = bytes[start + 3..<start + 8]
                guard bytes[start..<start + 3].elementsEqual(":  ".utf8),
                    code.allSatisfy(isCodeCharacter),
                    bytes[start + 8..<start + 10].elementsEqual(": ".utf8)
                else { continue }
                found = (
                    String(decoding: code, as: UTF8.self),
                    String(decoding: bytes[(start + 10)...], as: UTF8.self)
                )
            }
        }
        return found
    }

    private static func isCodeCharacter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }

    /// The text without the secrets and without line ends at its end. libpq does not put a password into its messages;
    /// a server's message could.
    static func scrub(_ text: String, of secrets: [String]) -> String {
        var bytes = Array(text.utf8)
        while bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        for secret in secrets where !secret.isEmpty {
            bytes = replace(Array(secret.utf8), in: bytes)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The lines as one, for logs.
    static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: "; ")
    }

    private static func replace(_ secret: [UInt8], in text: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        var index = 0
        while index < text.count {
            if text[index...].starts(with: secret) {
                output.append(contentsOf: "********".utf8)
                index += secret.count
            } else {
                output.append(text[index])
                index += 1
            }
        }
        return output
    }
}
