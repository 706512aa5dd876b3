/// Something that can be given on the command line, and for settings also in the environment and in a file.
///
/// The one description of it: parsing, help, `config show` and `config check` all read it.
struct Option: Sendable {
    /// Where an option can be given.
    enum Place: Sendable, Hashable {
        /// Only on the command line: it makes sense for one call.
        case commandLine
        /// Also by an environment variable.
        case environment
        /// Also by an environment variable and by this key of a configuration file, such as `api.listen`.
        case file(key: String)
    }

    /// The flag without its dashes; unique among settings and within a command.
    let name: String
    /// One letter that means the same.
    let short: Character?
    /// What it takes.
    let rule: ValueRule
    /// Where else it can be given.
    let place: Place
    /// The text that holds when nobody gives one.
    let fallback: String?
    /// Whether its value is never shown.
    let isSecret: Bool
    /// What it is for: a fragment without a full stop.
    let help: String

    /// A setting: a flag, an environment variable and, unless `key` is nil, a key of the configuration file.
    static func setting(
        _ name: String,
        short: Character? = nil,
        _ rule: ValueRule,
        key: String?,
        fallback: String? = nil,
        isSecret: Bool = false,
        _ help: String
    ) -> Option {
        let place = key.map(Place.file(key:)) ?? .environment
        return Option(
            name: name,
            short: short,
            rule: rule,
            place: place,
            fallback: fallback,
            isSecret: isSecret,
            help: help
        )
    }

    /// Something that only makes sense for one call.
    static func argument(
        _ name: String,
        short: Character? = nil,
        _ rule: ValueRule,
        fallback: String? = nil,
        _ help: String
    ) -> Option {
        Option(
            name: name,
            short: short,
            rule: rule,
            place: .commandLine,
            fallback: fallback,
            isSecret: false,
            help: help
        )
    }

    /// As it is typed.
    var flag: String { "--\(name)" }

    /// Whether it is a setting: something that lasts longer than one call.
    var isSetting: Bool { place != .commandLine }

    /// The key in a configuration file, such as `api.listen`; nil when it cannot be given there.
    var key: String? {
        guard case .file(let key) = place else { return nil }
        return key
    }

    /// The environment variable of a setting, such as `TUSK_LISTEN`.
    var environmentName: String? {
        guard place != .commandLine else { return nil }
        return "TUSK_" + name.uppercased().split(separator: "-").joined(separator: "_")
    }

    /// The environment variable that names a file with the value of a secret.
    var environmentFileName: String? { isSecret ? environmentName.map { $0 + "_FILE" } : nil }

    /// The flag with what it takes, as help shows it.
    var synopsis: String {
        let letter = short.map { "-\($0), " } ?? ""
        return letter + flag + (rule.placeholder.map { " \($0)" } ?? "")
    }
}
