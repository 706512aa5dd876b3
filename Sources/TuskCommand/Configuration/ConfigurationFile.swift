import TuskTasks

/// A configuration file that fits the table of settings.
struct ConfigurationFile: Sendable {
    /// The texts given for a setting and where.
    struct Given: Sendable, Hashable {
        let texts: [String]
        let line: Int
    }

    /// Where it is.
    let path: String
    /// What it gives, by the settings' names.
    private(set) var given: [String: Given] = [:]
    /// The commands of its sections `[commands.KIND]`, in the order of their kinds.
    private(set) var commands: [CommandSpec] = []
    /// The webhooks of its sections `[webhooks.KIND]`, in the order of their kinds.
    private(set) var webhooks: [WebhookEntry] = []
    /// Whether others than its owner and group may read it.
    let isWorldReadable: Bool

    /// Reads the file; nil when there is none.
    static func read(_ path: String) throws(CommandError) -> ConfigurationFile? {
        let contents: SmallFile.Contents
        do throws(SmallFile.Failure) {
            contents = try SmallFile.read(path)
        } catch .missing {
            return nil
        } catch {
            throw CommandError(.configuration, "\(path) \(error.words)")
        }
        return try ConfigurationFile(path: path, contents)
    }

    /// Checks the contents against the table.
    init(path: String, _ contents: SmallFile.Contents) throws(CommandError) {
        self.path = path
        isWorldReadable = contents.isWorldReadable
        let text: ConfigurationText
        do throws(ConfigurationText.Fault) {
            text = try ConfigurationText(contents.bytes)
        } catch {
            throw CommandError(.configuration, "\(path):\(error.line): \(error.message)")
        }
        var (commands, webhooks) = (CommandSections(), WebhookSections())
        // In the order of the lines, so that the first mistake is the one reported.
        for (key, entry) in text.entries.sorted(by: { $0.value.line < $1.value.line }) {
            if let part = try KindEntry(key, entry, of: CommandSections.word, in: path) {
                try commands.take(part)
            } else if let part = try KindEntry(key, entry, of: WebhookSections.word, in: path) {
                try webhooks.take(part)
            } else {
                try take(key, entry)
            }
        }
        self.commands = try commands.specs(in: path)
        self.webhooks = try webhooks.webhooks(in: path)
        for kind in self.webhooks.map(\.kind) {
            guard let line = webhooks.lines[kind], let other = commands.lines[kind] else { continue }
            let words = "[webhooks.\(kind)] is of the same kind as [commands.\(kind)] in line \(other)"
            throw KindEntry.fault(path, line, words)
        }
    }

    private mutating func take(_ key: String, _ entry: ConfigurationText.Entry) throws(CommandError) {
        let place = "\(path):\(entry.line): \(key)"
        guard let option = Option.settings.first(where: { $0.key == key }) else {
            let meant = Suggestion.nearest(to: key, among: Option.settings.compactMap(\.key))
            throw CommandError(
                .configuration,
                "\(place) is no setting",
                hint: meant.map { "Did you mean \($0)?" } ?? "Run tusk config show for all settings."
            )
        }
        guard let texts = Self.texts(entry.value, for: option.rule) else {
            throw CommandError(.configuration, "\(place) \(Self.wanted(option.rule))")
        }
        given[option.name] = Given(texts: texts, line: entry.line)
        do throws(ValueRule.Refusal) {
            _ = try option.rule.read(texts)
        } catch {
            throw CommandError(.configuration, "\(place) \(error.words)")
        }
    }

    /// The texts a flag would have been given; nil when the value has the wrong type.
    private static func texts(_ value: ConfigurationText.Value, for rule: ValueRule) -> [String]? {
        switch (rule, value) {
        case (.flag, .bool(let flag)): [flag ? "true" : "false"]
        case (.integer, .integer(let number)): [String(number)]
        case (.queues, .strings(let names)), (.names, .strings(let names)): [names.joined(separator: ",")]
        case (.directories, .strings(let paths)): paths
        case (.text, .string(let text)), (.choice, .string(let text)), (.duration, .string(let text)),
            (.address, .string(let text)), (.queues, .string(let text)), (.names, .string(let text)):
            [text]
        default: nil
        }
    }

    private static func wanted(_ rule: ValueRule) -> String {
        switch rule {
        case .flag: "must be true or false, without quotes"
        case .integer: "must be a whole number, without quotes"
        case .queues, .names, .directories, .texts: "must be an array of strings, such as [\"a\", \"b\"]"
        case .text, .choice, .duration, .address: "must be a string in quotes"
        }
    }
}
