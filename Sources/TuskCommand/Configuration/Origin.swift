/// Where the value of a setting comes from.
enum Origin: Sendable, Hashable {
    case flag(String)
    case environment(String)
    /// The `PG*` variables, which libpq reads itself.
    case libpqEnvironment([String])
    case file(path: String, line: Int)
    /// A `tusk dev` that keeps its server in this directory.
    case development(directory: String)
    /// The default; nothing said otherwise.
    case fallback

    /// As `config show` has it.
    var description: String {
        switch self {
        case .flag(let flag): flag
        case .environment(let name): name
        case .libpqEnvironment(let names): names.joined(separator: ", ")
        case .file(let path, let line): "\(path):\(line)"
        case .development(let directory): "tusk dev in \(directory)"
        case .fallback: "default"
        }
    }

    /// How a wrong value ends the command: a flag is the caller's mistake, everything else the configuration's.
    var exitCode: ExitCode {
        switch self {
        case .flag: .usage
        case .environment, .libpqEnvironment, .file, .development, .fallback: .configuration
        }
    }
}
