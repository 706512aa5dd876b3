import Glibc
import Synchronization
package import TuskCore

/// Why a name gives no time zone.
package enum TimeZoneFailure: Error, Equatable, Sendable {
    /// Not a name as the IANA database has them: 1...64 letters, digits, `_`, `+`, `-`, and `/` between parts.
    case invalidName
    /// This host knows no such zone.
    case unknown(String)
    /// The file of the zone is none that can be used.
    case unusable(String, TimeZoneError)

    /// In words, to follow the name of a field.
    package var rule: String {
        switch self {
        case .invalidName: "must be the name of a time zone, such as Europe/Rome"
        case .unknown(let name): "names no time zone that this host knows: \(name)"
        case .unusable(let name, _): "names a time zone whose rules cannot be used: \(name)"
        }
    }
}

/// Time zones by their IANA names, from the files of this host. Blocks while it reads one for the first time.
///
/// What was read is kept: after an update of the files the new rules count from the next start of the process.
package final class TimeZoneLoader: Sendable {
    /// The longest name, in bytes; the longest of tzdata 2025 has 32.
    package static let nameBytesMax = 64
    /// The zones of this host.
    package static let system = TimeZoneLoader(directory: "/usr/share/zoneinfo")

    private let directory: String
    /// At most one entry for each file of the directory; only what could be read is kept.
    private let known = Mutex<[String: TimeZoneRules]>([:])

    /// A loader of the files below a directory.
    package init(directory: String) {
        self.directory = directory
    }

    /// The rules of a zone. `UTC` needs no file.
    package func rules(for name: String) throws(TimeZoneFailure) -> TimeZoneRules {
        guard Self.isName(name) else { throw .invalidName }
        if name == "UTC" { return .utc }
        if let rules = known.withLock({ $0[name] }) { return rules }
        guard let bytes = Self.read("\(directory)/\(name)") else { throw .unknown(name) }
        do throws(TimeZoneError) {
            let rules = try TimeZoneRules(tzif: bytes)
            known.withLock { $0[name] = rules }
            return rules
        } catch .notTZif {
            // The directory has tables and lists beside the zones.
            throw .unknown(name)
        } catch {
            throw .unusable(name, error)
        }
    }

    /// Without dots a name cannot leave the directory. `localtime` would mean another zone on each host.
    private static func isName(_ name: String) -> Bool {
        guard (1...nameBytesMax).contains(name.utf8.count), name != "localtime" else { return false }
        return name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && part.allSatisfy(isLegal)
        }
    }

    private static func isLegal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"): true
        default: false
        }
    }

    /// The bytes of a file, at most one more than any zone may have; nil when it cannot be read.
    private static func read(_ path: String) -> [UInt8]? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        while bytes.count <= TimeZoneRules.bytesMax {
            let piece = unsafe [UInt8](unsafeUninitializedCapacity: 16_384) { buffer, count in
                count = unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                if count < 0 { count = 0 }
            }
            guard !piece.isEmpty else { break }
            bytes += piece
        }
        // What cannot be read, such as a directory, is empty.
        return bytes.isEmpty ? nil : bytes
    }
}
