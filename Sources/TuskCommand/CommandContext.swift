import TuskStore

/// What a command has to work with.
struct CommandContext: Sendable {
    let invocation: Invocation
    let configuration: Configuration
    let console: Console
    let environment: [String: String]

    /// The operand at this place; nil when an optional one was not given.
    func operand(_ index: Int) -> String? {
        index < invocation.operands.count ? invocation.operands[index] : nil
    }

    // MARK: Options that are no settings

    /// Whether a flag was given.
    func flag(_ option: Option) throws(CommandError) -> Bool {
        guard case .flag(let isSet) = try value(option) else { return false }
        return isSet
    }

    /// The text of an option; nil when it was not given and has no default.
    func text(_ option: Option) throws(CommandError) -> String? {
        guard case .text(let text) = try value(option) else { return nil }
        return text
    }

    /// The number of an option; nil when it was not given and has no default.
    func integer(_ option: Option) throws(CommandError) -> Int? {
        guard case .integer(let number) = try value(option) else { return nil }
        return number
    }

    /// The time of an option; nil when it was not given and has no default.
    func duration(_ option: Option) throws(CommandError) -> Duration? {
        guard case .duration(let duration) = try value(option) else { return nil }
        return duration
    }

    /// The texts of an option that may be given again.
    func list(_ option: Option) throws(CommandError) -> [String] {
        guard case .list(let texts) = try value(option) else { return [] }
        return texts
    }

    private func value(_ option: Option) throws(CommandError) -> OptionValue? {
        precondition(!option.isSetting, "\(option.name) is a setting: ask the configuration")
        guard let texts = invocation.given[option.name] ?? option.fallback.map({ [$0] }) else { return nil }
        do throws(ValueRule.Refusal) {
            return try option.rule.read(texts)
        } catch {
            let shown = texts.last.map { $0.isEmpty ? "" : ", not \"\(Printable.line($0).prefix(60))\"" } ?? ""
            throw CommandError(.usage, "\(option.flag) \(error.words)\(shown)")
        }
    }
}
