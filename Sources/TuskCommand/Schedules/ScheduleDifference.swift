import TuskCore
import TuskStore

/// What applying a file does to the schedules there are.
struct ScheduleDifference: Sendable, Hashable {
    /// What becomes of a schedule.
    enum Action: String, Sendable {
        case added, changed, unchanged, removed
    }

    /// A field that is not as it was; nil: as it is by default.
    struct Change: Sendable, Hashable {
        let field: String
        let old: String?
        let new: String?
    }

    /// What becomes of one, and why.
    struct Step: Sendable, Hashable {
        let name: String
        let action: Action
        let changes: [Change]
    }

    /// What becomes of each, by name.
    let steps: [Step]
    /// Schedules that begin with the prefix of the file and are not in it, when they are left alone.
    let strays: [String]

    /// Compares what a file has with what is stored. Pure.
    ///
    /// - Parameters:
    ///   - wanted: What the file has.
    ///   - stored: All there are.
    ///   - owns: Whether a name is the file's.
    ///   - prunes: Whether the file's that are not in it are removed.
    init(wanted: [ScheduleSketch], stored: [ScheduleSketch], owns: (String) -> Bool, prunes: Bool) {
        let storedByName = Dictionary(stored.map { ($0.name, $0) }) { first, _ in first }
        let names = Set(wanted.map(\.name))
        let strays = stored.map(\.name).filter { !names.contains($0) && owns($0) }
        let steps = wanted.map { sketch in
            guard let old = storedByName[sketch.name] else {
                return Step(name: sketch.name, action: .added, changes: [])
            }
            let changes = Self.changes(from: old, to: sketch)
            return Step(name: sketch.name, action: changes.isEmpty ? .unchanged : .changed, changes: changes)
        }
        let removals = prunes ? strays.map { Step(name: $0, action: .removed, changes: []) } : []
        self.steps = (steps + removals).sorted { $0.name < $1.name }
        self.strays = prunes ? [] : strays
    }

    /// The names with this action.
    func names(_ action: Action) -> [String] { steps.filter { $0.action == action }.map(\.name) }

    private static func changes(from old: ScheduleSketch, to new: ScheduleSketch) -> [Change] {
        ScheduleField.all.compactMap { field in
            let before = old.lines.first { $0.field == field.name }?.text
            let after = new.lines.first { $0.field == field.name }?.text
            return before == after ? nil : Change(field: field.name, old: before, new: after)
        }
    }

    // MARK: Showing

    /// For people; `isDryRun` when nothing is done.
    func words(isDryRun: Bool) -> [String] {
        let shown = steps.flatMap { step in
            ["\(Self.mark(step.action)) \(step.name)  \(step.action.rawValue)"]
                + step.changes.map { change in
                    let (old, new) = (change.old ?? "(default)", change.new ?? "(default)")
                    return Printable.line("    \(change.field): \(old) -> \(new)")
                }
        }
        let counts = [Action.added, .changed, .removed, .unchanged].map { "\(names($0).count) \($0.rawValue)" }
        return shown + [counts.joined(separator: ", ") + (isDryRun ? "; nothing was done, for this is a dry run" : "")]
    }

    private static func mark(_ action: Action) -> String {
        switch action {
        case .added: "+"
        case .changed: "~"
        case .removed: "-"
        case .unchanged: " "
        }
    }

    /// For programs.
    func object(isDryRun: Bool) -> [UInt8] {
        JSONWriter.object { writer in
            writer.put("dry_run", isDryRun)
            for action in [Action.added, .changed, .removed, .unchanged] {
                writer.put(action.rawValue, names(action).count)
            }
            writer.put("schedules", objects: steps.map(Self.object))
            writer.put("strays", strays)
        }
    }

    private static func object(_ step: Step) -> [UInt8] {
        JSONWriter.object { writer in
            writer.put("name", step.name)
            writer.put("action", step.action.rawValue)
            let changes = step.changes.map { change in
                JSONWriter.object { writer in
                    writer.put("field", change.field)
                    writer.put("old", change.old)
                    writer.put("new", change.new)
                }
            }
            writer.put("changes", objects: changes)
        }
    }
}
