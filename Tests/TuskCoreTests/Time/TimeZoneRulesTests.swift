import Testing
import TuskCore

struct TimeZoneRulesTests {
    @Test(arguments: [
        "UTC", "Etc/GMT+5", "Europe/Rome", "Europe/Dublin", "Europe/London", "Europe/Istanbul", "America/New_York",
        "America/Nuuk", "America/Santiago", "America/Sao_Paulo", "Africa/Casablanca", "Africa/Cairo", "Africa/Monrovia",
        "Asia/Beirut", "Asia/Gaza", "Asia/Kathmandu", "Asia/Tehran", "Asia/Pyongyang", "Australia/Lord_Howe",
        "Pacific/Apia", "Pacific/Kwajalein", "Pacific/Chatham", "Antarctica/Troll", "Antarctica/Casey",
    ])
    func `a zone has the offsets that the C library finds around every change until 2060`(name: String) throws {
        let rules = try ZoneFiles.rules(name)
        // A process of its own, for the C library keeps its zone in the environment, which all tests share.
        let lines = try ZoneFiles.changes(name)
        #expect(lines.isEmpty == (name == "UTC" || name == "Etc/GMT+5"))
        for line in lines {
            #expect(rules.offsetSeconds(at: line.second) == line.offsetSeconds, "\(name) at \(line.second)")
        }
    }

    @Test func `every zone of the system can be read`() throws {
        let names = try ZoneFiles.allNames()
        #expect(names.count > 400)
        for name in names { #expect(throws: Never.self) { try ZoneFiles.rules(name) } }
    }

    @Test func `UTC is always UTC`() {
        #expect(TimeZoneRules.utc.period(at: 5).start == .min && TimeZoneRules.utc.period(at: 5).end == .max)
        #expect(TimeZoneRules.utc.offsetSeconds(at: .max) == 0)
    }

    @Test(arguments: ["America/New_York", "Africa/Casablanca", "Etc/UTC"])
    func `periods follow each other without a gap`(name: String) throws {
        let rules = try ZoneFiles.rules(name)
        var period = rules.period(at: -4_000_000_000)
        for _ in 0..<2000 where period.end != .max {
            let next = rules.period(at: period.end)
            #expect(next.start == period.end)
            #expect(rules.period(at: period.end - 1) == period)
            period = next
        }
    }

    /// A file of version 1 with one change, from +1 h to +2 h at second 1000.
    private static let version1: [UInt8] =
        Array("TZif".utf8) + [UInt8](repeating: 0, count: 16)
        + [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 4]
        + [0, 0, 3, 0xE8, 1, 0, 0, 0x0E, 0x10, 0, 0, 0, 0, 0x1C, 0x20, 1, 0] + Array("AAA\0".utf8)

    @Test func `a file of version 1 is read`() throws {
        let rules = try TimeZoneRules(tzif: Self.version1)
        #expect(rules.offsetSeconds(at: 999) == 3600)
        #expect(rules.offsetSeconds(at: 1000) == 7200)
        #expect(rules.offsetSeconds(at: .max) == 7200)
    }

    @Test func `a file that is cut anywhere is refused`() throws {
        for file in [try ZoneFiles.bytes("Europe/Rome"), Self.version1] {
            for count in 0..<file.count {
                let cut = Array(file.prefix(count))
                let error = #expect(throws: TimeZoneError.self) { try TimeZoneRules(tzif: cut) }
                #expect(error == (count < 4 ? .notTZif : .malformed))
            }
        }
    }

    @Test func `a damaged file is refused or read, and never a reason to crash`() throws {
        var random = SplitMix64(seed: 5)
        let file = try ZoneFiles.bytes("America/New_York")
        var refused = 0
        for _ in 0..<5000 {
            var damaged = file
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let header = Int.random(in: 0..<2, using: &random) == 0
                let place = Int.random(in: 0..<(header ? 60 : file.count), using: &random)
                damaged[place] = .random(in: 0...255, using: &random)
            }
            do {
                let rules = try TimeZoneRules(tzif: damaged)
                #expect(legalOffsets.contains(rules.offsetSeconds(at: 4_000_000_000)))
            } catch {
                refused += 1
            }
        }
        #expect(refused > 500)
    }

    /// What RFC 9636 recommends: less than 25 hours west and 26 hours east.
    private let legalOffsets = -89_999...93_599

    @Test func `what is no zone, counts leap seconds or is too large is refused`() throws {
        #expect(throws: TimeZoneError.notTZif) { try TimeZoneRules(tzif: Array("hello, world".utf8)) }
        #expect(throws: TimeZoneError.tooLarge) { try TimeZoneRules(tzif: [UInt8](repeating: 0, count: 262_145)) }
        #expect(throws: TimeZoneError.leapSeconds) { try ZoneFiles.rules("right/Europe/Rome") }
        var file = try ZoneFiles.bytes("Europe/Rome")
        file[file.count - 2] = UInt8(ascii: "x")
        #expect(throws: TimeZoneError.malformedRule) { try TimeZoneRules(tzif: file) }
    }
}
