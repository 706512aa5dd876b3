// Timestamps as text: RFC 3339, strict.
extension Timestamp {
    /// The times that requests may name: the years 2000 to 2200, in UTC.
    package static let accepted =
        Timestamp(microseconds: 946_684_800_000_000)...Timestamp(microseconds: 7_289_654_399_999_999)

    /// Reads an RFC 3339 time such as `2026-01-02T03:04:05.5+01:00`; nil for anything else.
    ///
    /// The offset is required. Refused besides: a second of 60, an hour of 24, days that do not exist, and times
    /// outside the years 2000 to 2200. Digits after the sixth of the fraction are cut off.
    public init?(rfc3339 text: String) {
        var reader = Reader(rest: Array(text.utf8)[...])
        guard
            let year = reader.number(digits: 4), reader.take("-"),
            let month = reader.number(digits: 2), reader.take("-"),
            let day = reader.number(digits: 2), reader.take("T"),
            let hour = reader.number(digits: 2), reader.take(":"),
            let minute = reader.number(digits: 2), reader.take(":"),
            let second = reader.number(digits: 2),
            let fraction = reader.fraction(),
            let offsetMinutes = reader.offset(), reader.rest.isEmpty,
            (1...12).contains(month), day >= 1, day <= CivilDate.dayCount(ofMonth: month, year: year),
            hour <= 23, minute <= 59, second <= 59
        else { return nil }
        let days = CivilDate(year: year, month: month, day: day).daysSinceEpoch
        let seconds = days * 86_400 + (hour * 60 + minute - offsetMinutes) * 60 + second
        let moment = Timestamp(microseconds: Int64(seconds) * 1_000_000 + Int64(fraction))
        guard Self.accepted.contains(moment) else { return nil }
        self = moment
    }

    /// In UTC with microseconds, such as `2026-01-02T03:04:05.678901Z`.
    public var rfc3339Text: String {
        let seconds = microseconds.floorDivided(by: 1_000_000)
        let fraction = Int(microseconds.floorRemainder(by: 1_000_000))
        let days = seconds.floorDivided(by: 86_400)
        let secondOfDay = Int(seconds.floorRemainder(by: 86_400))
        let date = CivilDate(daysSinceEpoch: Int(days))
        var text: [UInt8] = []
        text.reserveCapacity(27)
        Self.append(date.year, digits: 4, to: &text)
        text.append(UInt8(ascii: "-"))
        Self.append(date.month, digits: 2, to: &text)
        text.append(UInt8(ascii: "-"))
        Self.append(date.day, digits: 2, to: &text)
        text.append(UInt8(ascii: "T"))
        Self.append(secondOfDay / 3600, digits: 2, to: &text)
        text.append(UInt8(ascii: ":"))
        Self.append(secondOfDay / 60 % 60, digits: 2, to: &text)
        text.append(UInt8(ascii: ":"))
        Self.append(secondOfDay % 60, digits: 2, to: &text)
        text.append(UInt8(ascii: "."))
        Self.append(fraction, digits: 6, to: &text)
        text.append(UInt8(ascii: "Z"))
        return String(decoding: text, as: UTF8.self)
    }

    /// Years beyond 9999 and before 0 have all the digits and the sign that they need.
    private static func append(_ number: Int, digits: Int, to text: inout [UInt8]) {
        if number < 0 { text.append(UInt8(ascii: "-")) }
        var unit = 1
        for _ in 1..<digits { unit *= 10 }
        let magnitude = abs(number)
        while magnitude / unit >= 10 { unit *= 10 }
        while unit > 0 {
            text.append(UInt8(ascii: "0") + UInt8(magnitude / unit % 10))
            unit /= 10
        }
    }

    /// Takes an RFC 3339 text apart from the left.
    private struct Reader {
        var rest: ArraySlice<UInt8>

        /// Takes one character; letters in either case, as section 5.6 of the RFC has it.
        mutating func take(_ character: Unicode.Scalar) -> Bool {
            let wanted = UInt8(ascii: character)
            let isLetter = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(wanted)
            guard let byte = rest.first, byte == wanted || isLetter && byte == wanted | 0x20 else { return false }
            rest.removeFirst()
            return true
        }

        mutating func number(digits: Int) -> Int? {
            guard rest.count >= digits else { return nil }
            var value = 0
            for byte in rest.prefix(digits) {
                guard byte &- UInt8(ascii: "0") <= 9 else { return nil }
                value = value * 10 + Int(byte - UInt8(ascii: "0"))
            }
            rest.removeFirst(digits)
            return value
        }

        /// Microseconds; 0 when there is no fraction, nil when there is a point without digits.
        mutating func fraction() -> Int? {
            guard take(".") else { return 0 }
            let digits = rest.prefix { $0 &- UInt8(ascii: "0") <= 9 }
            guard !digits.isEmpty else { return nil }
            rest.removeFirst(digits.count)
            let six = digits.prefix(6).reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
            return (min(digits.count, 6)..<6).reduce(six) { value, _ in value * 10 }
        }

        /// Minutes east of UTC.
        mutating func offset() -> Int? {
            if take("Z") { return 0 }
            let isWest = take("-")
            guard isWest || take("+"), let hour = number(digits: 2), take(":"), let minute = number(digits: 2),
                hour <= 23, minute <= 59
            else { return nil }
            let minutes = hour * 60 + minute
            return isWest ? -minutes : minutes
        }
    }
}
