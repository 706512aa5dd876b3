/// Scripts that let a shell complete `tusk`, made from the table of commands.
enum CompletionText {
    /// A shell there is a script for.
    enum Shell: String, CaseIterable {
        case bash, zsh, fish
    }

    /// The script for a shell.
    static func lines(for shell: Shell, commands: [Command]) -> [String] {
        switch shell {
        case .bash: bash(commands)
        // Its own emulation of bash's completion takes the same script.
        case .zsh: ["#compdef tusk", "autoload -U +X bashcompinit && bashcompinit"] + bash(commands)
        case .fish: fish(commands)
        }
    }

    // MARK: Bash

    /// One function: it walks over the words that are no options, and offers what comes after them.
    private static func bash(_ commands: [Command]) -> [String] {
        var lines = [
            "# Completion of tusk for bash: eval \"$(tusk completion bash)\"",
            "_tusk() {",
            "    local current=${COMP_WORDS[COMP_CWORD]} former=${COMP_WORDS[COMP_CWORD - 1]} path= next= i",
            "    for ((i = 1; i < COMP_CWORD; i++)); do",
            "        case ${COMP_WORDS[i]} in",
            "            -*) ;;",
            "            *) path+=${path:+ }${COMP_WORDS[i]} ;;",
            "        esac",
            "    done",
            "    case $former in",
        ]
        for (flags, words) in choices(commands) { lines.append("        \(flags)) next='\(words)' ;;") }
        lines += [
            "    esac", "    if [ -n \"$next\" ]; then",
            "        mapfile -t COMPREPLY < <(compgen -W \"$next\" -- \"$current\")", "        return", "    fi",
            "    case $path in",
        ]
        // The longest come first: what follows a command are its operands, which are not known here.
        for path in paths(commands).sorted(by: { $0.count > $1.count }) {
            let words = following(path, commands).joined(separator: " ")
            let pattern = path.isEmpty ? "*" : "'\(path.joined(separator: " "))'*"
            lines.append("        \(pattern)) next='\(words)' ;;")
        }
        return lines + [
            "    esac", "    if [[ $current == -* ]]; then next=$(printf '%s\\n' $next | grep '^-'); fi",
            "    mapfile -t COMPREPLY < <(compgen -W \"$next\" -- \"$current\")", "}",
            "complete -o default -F _tusk tusk",
        ]
    }

    /// Options that take one of a few words, as a pattern, with these words.
    private static func choices(_ commands: [Command]) -> [(flags: String, words: String)] {
        var known: [String: String] = [:]
        for option in commands.flatMap(\.allOptions) {
            guard case .choice(let words) = option.rule else { continue }
            known[option.short.map { "\(option.flag) | -\($0)" } ?? option.flag] = words.joined(separator: " ")
        }
        return known.sorted { $0.key < $1.key }.map { (flags: $0.key, words: $0.value) }
    }

    /// Every beginning of a command, from nothing on.
    private static func paths(_ commands: [Command]) -> [[String]] {
        var known: Set<[String]> = [[]]
        for command in commands {
            for length in 1...command.path.count { known.insert(Array(command.path.prefix(length))) }
        }
        return known.sorted { $0.joined(separator: " ") < $1.joined(separator: " ") }
    }

    /// The words that may come after a beginning.
    private static func following(_ path: [String], _ commands: [Command]) -> [String] {
        let below = commands.filter { $0.path.count > path.count && $0.path.starts(with: path) }
        var words: [String] = []
        for command in below where !words.contains(command.path[path.count]) { words.append(command.path[path.count]) }
        let own = commands.first { $0.path == path }?.allOptions ?? Option.everywhere
        if path.isEmpty { words.append("help") }
        return words + own.compactMap { option in option.short.map { "-\($0)" } } + own.map(\.flag)
    }

    // MARK: Fish

    private static func fish(_ commands: [Command]) -> [String] {
        var lines = [
            "# Completion of tusk for fish: tusk completion fish | source",
            "function __tusk_words", "    string join ' ' -- (string match -v -- '-*' (commandline -opc)[2..])", "end",
            "function __tusk_after", "    test \"$(__tusk_words)\" = \"$argv\"", "end",
            "function __tusk_in", "    string match -q -- \"$argv*\" (__tusk_words)", "end",
        ]
        for path in paths(commands) {
            let place = "__tusk_after \(path.joined(separator: " "))"
            let below = commands.filter { $0.path.count > path.count && $0.path.starts(with: path) }
            var words: [String] = []
            for command in below where !words.contains(command.path[path.count]) {
                let word = command.path[path.count]
                words.append(word)
                let isWhole = command.path.count == path.count + 1
                let about = isWhole ? command.summary : HelpText.groups.first { $0.name == word }?.summary ?? ""
                lines.append("complete -c tusk -f -n '\(place)' -a \(word) -d \(quoted(about))")
            }
        }
        for command in commands {
            let place = "__tusk_in \(command.path.joined(separator: " "))"
            for option in command.options { lines.append("complete -c tusk -n '\(place)' \(flags(option))") }
        }
        return lines + Option.everywhere.map { "complete -c tusk \(flags($0))" }
    }

    private static func flags(_ option: Option) -> String {
        var text = option.short.map { "-s \($0) " } ?? ""
        text += "-l \(option.name)"
        if case .choice(let words) = option.rule {
            text += " -x -a \(quoted(words.joined(separator: " ")))"
        } else if option.rule.placeholder != nil {
            text += " -r"
        }
        return text + " -d \(quoted(option.help))"
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "\\'") + "'"
    }
}
