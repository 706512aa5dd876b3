import Glibc
import Testing
import TuskCore
import TuskStore

struct TimeZoneLoaderTests {
    @Test(arguments: [
        "UTC", "Europe/Rome", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "America/Port-au-Prince", "Zulu",
    ])
    func `zones of the database are found`(name: String) throws {
        let rules = try TimeZoneLoader.system.rules(for: name)
        #expect(try TimeZoneLoader.system.rules(for: name) == rules)
    }

    @Test func `a zone has its rules`() throws {
        let rome = try TimeZoneLoader.system.rules(for: "Europe/Rome")
        // 2026-01-15 and 2026-07-15 at noon UTC.
        #expect(rome.offsetSeconds(at: 1_768_478_400) == 3600)
        #expect(rome.offsetSeconds(at: 1_784_116_800) == 7200)
    }

    @Test(arguments: [
        "", "/etc/passwd", "../../../etc/passwd", "Europe/../../../../etc/passwd", "Europe//Rome", "Europe/", "/Europe",
        "Europe/Rome ", "Europe\\Rome", "Europe/R\u{F6}m", "zone.tab", "Europe/Rome\0", "localtime",
        String(repeating: "a", count: 65),
    ])
    func `names that could leave the directory, or are none, are refused`(name: String) {
        #expect(throws: TimeZoneFailure.invalidName) { try TimeZoneLoader.system.rules(for: name) }
    }

    @Test(arguments: ["Europe/Atlantis", "Mars", "europe/rome", "Europe", "leapseconds"])
    func `names without a zone are unknown`(name: String) {
        #expect(throws: TimeZoneFailure.unknown(name)) { try TimeZoneLoader.system.rules(for: name) }
    }

    @Test func `zones with leap seconds and damaged files are refused`() throws {
        #expect(throws: TimeZoneFailure.unusable("right/UTC", .leapSeconds)) {
            try TimeZoneLoader.system.rules(for: "right/UTC")
        }
        let directory = "/tmp/tusk-zones-\(getpid())"
        try #require(mkdir(directory, 0o700) == 0)
        defer { rmdir(directory) }
        let path = "\(directory)/Broken"
        let descriptor = open(path, O_CREAT | O_WRONLY, 0o600)
        defer { unlink(path) }
        try #require(write(descriptor, "TZif2", 5) == 5)
        close(descriptor)
        #expect(throws: TimeZoneFailure.unusable("Broken", .malformed)) {
            try TimeZoneLoader(directory: directory).rules(for: "Broken")
        }
    }

    @Test func `UTC is there on a host without zones`() throws {
        let loader = TimeZoneLoader(directory: "/nonexistent")
        #expect(try loader.rules(for: "UTC") == .utc)
        #expect(throws: TimeZoneFailure.unknown("Europe/Rome")) { try loader.rules(for: "Europe/Rome") }
    }
}
