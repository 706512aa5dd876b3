/// Text from elsewhere, made safe for a terminal.
enum Printable {
    /// The text on one line: control characters, line separators and marks that turn the direction of writing are
    /// written as escapes, so that nobody's data moves the cursor or fakes a line.
    static func line(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isTreacherous) else { return text }
        var safe = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": safe += "\\n"
            case "\r": safe += "\\r"
            case "\t": safe += "\\t"
            case _ where isTreacherous(scalar): safe += "\\u{\(String(scalar.value, radix: 16))}"
            default: safe.unicodeScalars.append(scalar)
            }
        }
        return safe
    }

    private static func isTreacherous(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0...0x1F, 0x7F...0x9F: true
        case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }
}
