/// Why some bytes are no time zone that Tusk can use.
package enum TimeZoneError: Error, Equatable, Sendable {
    /// The bytes do not start like a TZif file.
    case notTZif
    /// The file ends too early, or its parts contradict each other.
    case malformed
    /// The zone counts leap seconds, as those under `right/` do; Tusk's times do not.
    case leapSeconds
    /// The rule for the future, at the end of the file, is not one that POSIX and RFC 9636 describe.
    case malformedRule
    /// More than `TimeZoneRules.bytesMax`.
    case tooLarge
}

extension TimeZoneRules {
    /// The largest file that is read: 256 KiB. The largest of tzdata 2025 has under 4 KiB.
    package static let bytesMax = 262_144

    /// Reads a TZif file of version 1 to 4.
    package init(tzif bytes: [UInt8]) throws(TimeZoneError) {
        guard bytes.count <= Self.bytesMax else { throw .tooLarge }
        var reader = TZifReader(bytes: bytes)
        let first = try reader.header()
        guard first.version >= UInt8(ascii: "2") else {
            self = try reader.block(first, wordSize: 4, rule: nil)
            return
        }
        // Version 1's block is there for old readers; the second has 64-bit times and a rule after it.
        try reader.skip(first.byteCount(wordSize: 4))
        let second = try reader.header()
        var footer = reader
        try footer.skip(second.byteCount(wordSize: 8))
        let rule = try footer.rule()
        self = try reader.block(second, wordSize: 8, rule: rule)
    }
}

/// Walks over the bytes of a TZif file; every step checks that the bytes are there.
private struct TZifReader {
    struct Header {
        let version: UInt8
        let counts: [Int]

        var leapCount: Int { counts[2] }
        var timeCount: Int { counts[3] }
        var typeCount: Int { counts[4] }

        /// Of the block that follows: times, their types, types of 6 bytes, names, leap seconds and two sets of flags.
        func byteCount(wordSize: Int) -> Int {
            timeCount * (wordSize + 1) + typeCount * 6 + counts[5] + leapCount * (wordSize + 4) + counts[1] + counts[0]
        }
    }

    let bytes: [UInt8]
    private var position = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func skip(_ count: Int) throws(TimeZoneError) {
        guard count <= bytes.count - position else { throw .malformed }
        position += count
    }

    private mutating func number(size: Int) throws(TimeZoneError) -> Int64 {
        let start = position
        try skip(size)
        let word = bytes[start..<position].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        // Moves the sign bit of a shorter word to where it belongs.
        let shift = 64 - size * 8
        return Int64(bitPattern: word << shift) >> shift
    }

    mutating func header() throws(TimeZoneError) -> Header {
        let isMarked = bytes[position...].starts(with: "TZif".utf8)
        guard isMarked else { throw position == 0 ? .notTZif : .malformed }
        try skip(4)
        let version = UInt8(truncatingIfNeeded: try number(size: 1))
        try skip(15)
        var counts: [Int] = []
        for _ in 0..<6 {
            let count = try number(size: 4)
            guard (0...Int64(TimeZoneRules.bytesMax)).contains(count) else { throw .malformed }
            counts.append(Int(count))
        }
        return Header(version: version, counts: counts)
    }

    mutating func block(
        _ header: Header,
        wordSize: Int,
        rule: PosixTimeZone?
    ) throws(TimeZoneError) -> TimeZoneRules {
        guard header.leapCount == 0 else { throw .leapSeconds }
        guard header.typeCount > 0, header.byteCount(wordSize: wordSize) <= bytes.count - position else {
            throw .malformed
        }
        var times: [Int64] = []
        for _ in 0..<header.timeCount {
            let time = try number(size: wordSize)
            guard times.isEmpty || time > times[times.count - 1] else { throw .malformed }
            times.append(time)
        }
        var types: [Int] = []
        for _ in 0..<header.timeCount {
            let type = Int(try number(size: 1))
            guard (0..<header.typeCount).contains(type) else { throw .malformed }
            types.append(type)
        }
        var offsets: [Int] = []
        for _ in 0..<header.typeCount {
            let offset = Int(try number(size: 4))
            guard PosixTimeZone.offsetRange.contains(offset) else { throw .malformed }
            offsets.append(offset)
            try skip(2)
        }
        let changes = zip(times, types).map { TimeZoneRules.Change(at: $0, offsetSeconds: offsets[$1]) }
        return TimeZoneRules(firstOffsetSeconds: offsets[0], changes: changes, rule: rule)
    }

    /// The rule between two line feeds; nil when there is nothing between them.
    mutating func rule() throws(TimeZoneError) -> PosixTimeZone? {
        let rest = bytes[position...]
        guard rest.first == 0x0A, let end = rest.dropFirst().firstIndex(of: 0x0A) else { throw .malformed }
        let text = rest[(position + 1)..<end]
        guard !text.isEmpty else { return nil }
        guard let rule = PosixTimeZone(text) else { throw .malformedRule }
        return rule
    }
}
