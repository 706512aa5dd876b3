import TuskCore
import TuskStore

/// A file of schedules for `tusk schedule apply`: sections `[schedules.NAME]` in the part of TOML that configuration
/// files are written in.
struct ScheduleFile: Sendable {
    /// How the names of its sections begin.
    static let word = "schedules"
    /// The largest file: 1 MiB.
    private static let bytesMax = 1 << 20
    /// The most schedules in one, which are stored in one transaction.
    static let countMax = 1000

    /// Where it is.
    let path: String
    /// How the names of all schedules begin that are its own; nil when it does not say.
    private(set) var prefix: String?
    /// Its schedules, by name.
    private(set) var schedules: [NewSchedule] = []
    /// The lines where they begin, by name.
    private(set) var lines: [String: Int] = [:]

    /// Reads a file and checks all of it.
    static func read(_ path: String) throws(CommandError) -> ScheduleFile {
        let contents: SmallFile.Contents
        do throws(SmallFile.Failure) {
            contents = try SmallFile.read(path, bytesMax: bytesMax)
        } catch {
            throw CommandError(.usage, "\(path) \(error.words)")
        }
        return try ScheduleFile(path: path, contents.bytes)
    }

    /// Checks the contents of a file; the first fault is thrown, with its line.
    init(path: String, _ bytes: [UInt8]) throws(CommandError) {
        self.path = path
        let text: ConfigurationText
        do throws(ConfigurationText.Fault) {
            text = try ConfigurationText(bytes)
        } catch {
            throw CommandError(.usage, "\(path):\(error.line): \(error.message)")
        }
        var found: [String: [String: ConfigurationText.Entry]] = [:]
        for (section, line) in text.sections.sorted(by: { $0.value < $1.value }) {
            guard section.hasPrefix("\(Self.word).") else {
                throw fault(line, "[\(section)] is no section of a schedule; they are called [\(Self.word).NAME]")
            }
            let name = String(section.dropFirst(Self.word.count + 1))
            (found[name], lines[name]) = ([:], line)
        }
        for (key, entry) in text.entries.sorted(by: { $0.value.line < $1.value.line }) {
            guard key.hasPrefix("\(Self.word).") else {
                try takeTop(key, entry)
                continue
            }
            let (name, field) = try parts(of: key, entry)
            found[name, default: [:]][field] = entry
            if lines[name] == nil { lines[name] = entry.line }
        }
        guard found.count <= Self.countMax else {
            throw CommandError(.usage, "\(path) has \(found.count) schedules; \(Self.countMax) are the most")
        }
        for (name, line) in lines.sorted(by: { $0.value < $1.value }) {
            if let prefix, !name.hasPrefix(prefix) {
                throw fault(line, "schedule \(name) does not begin with the prefix \"\(prefix)\" of the file")
            }
            schedules.append(try schedule(name, found[name] ?? [:], line))
        }
        schedules.sort { $0.name < $1.name }
    }

    /// Whether a schedule of this name is the file's, in it or not.
    func owns(_ name: String) -> Bool { prefix.map(name.hasPrefix) ?? false }

    private mutating func takeTop(_ key: String, _ entry: ConfigurationText.Entry) throws(CommandError) {
        guard key == "prefix" else {
            throw fault(entry.line, "\(key) is unknown; there are prefix and sections [\(Self.word).NAME]")
        }
        guard case .string(let text) = entry.value, text.isEmpty || NameRule.allows(text) else {
            throw fault(entry.line, "prefix must be the beginning of names in quotes: letters, digits, _ . : -")
        }
        prefix = text
    }

    private func parts(
        of key: String,
        _ entry: ConfigurationText.Entry
    ) throws(CommandError) -> (name: String, field: String) {
        let rest = key.dropFirst(Self.word.count + 1)
        guard let dot = rest.lastIndex(of: ".") else {
            throw fault(entry.line, "\(key) must be in a section [\(Self.word).NAME]")
        }
        let (name, field) = (String(rest[..<dot]), String(rest[rest.index(after: dot)...]))
        guard ScheduleField.all.contains(where: { $0.name == field }) else {
            let meant = Suggestion.nearest(to: field, among: ScheduleField.all.map(\.name))
            let hint = meant.map { "; did you mean \($0)?" } ?? ""
            throw fault(entry.line, "schedule \(name): \(field) is no field of a schedule\(hint)")
        }
        return (name, field)
    }

    private func schedule(
        _ name: String,
        _ entries: [String: ConfigurationText.Entry],
        _ line: Int
    ) throws(CommandError) -> NewSchedule {
        let job = try members(entries, of: name) { $0.isOfJob }
        let body = try members(entries, of: name) { !$0.isOfJob }
        var writer = JSONWriter(capacity: 1024)
        writer.beginObject()
        for (member, value) in body { writer.put(member, value) }
        writer.key("job")
        writer.beginObject()
        for (member, value) in job { writer.put(member, value) }
        writer.endObject()
        writer.endObject()
        do {
            return try NewSchedule(name: name, json: JSONDocument(validating: writer.bytes, limits: .body).root)
        } catch let error as ValidationError {
            let problems = error.problems.map { self.words($0, of: name, entries, line) }
            throw CommandError(.usage, problems.joined(separator: "; "))
        } catch {
            throw fault(line, "schedule \(name) is not valid: \(error)")
        }
    }

    private func members(
        _ entries: [String: ConfigurationText.Entry],
        of name: String,
        where isWanted: (ScheduleField) -> Bool
    ) throws(CommandError) -> [(member: String, value: JSONText)] {
        var members: [(member: String, value: JSONText)] = []
        for field in ScheduleField.all where isWanted(field) {
            guard let entry = entries[field.name] else { continue }
            guard let json = field.json(entry.value) else {
                throw fault(entry.line, "schedule \(name): \(field.name) \(field.wanted)")
            }
            members.append((field.member, json))
        }
        return members
    }

    /// A problem with the line and the name that its field has in the file.
    private func words(
        _ problem: ValidationError.Problem,
        of name: String,
        _ entries: [String: ConfigurationText.Entry],
        _ line: Int
    ) -> String {
        let places = problem.pointer.split(separator: "/").dropFirst().map(String.init)
        let member = places.first == "job" && places.count > 1 ? places[1] : places.first
        guard let field = ScheduleField.all.first(where: { $0.member == member }) else {
            return "\(path):\(line): schedule \(name): \(problem.detail)"
        }
        var detail = problem.detail
        if detail.hasPrefix("\(field.member) ") { detail = String(detail.dropFirst(field.member.count + 1)) }
        if case .time = field.form { detail += ", in seconds" }
        return "\(path):\(entries[field.name]?.line ?? line): schedule \(name): \(field.name) \(detail)"
    }

    private func fault(_ line: Int, _ words: String) -> CommandError {
        CommandError(.usage, "\(path):\(line): \(words)")
    }
}
