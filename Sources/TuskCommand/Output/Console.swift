import Glibc

/// Standard output and standard error.
///
/// Results go to the first, everything else to the second. Nothing is buffered, so that what was written is there
/// whatever happens next.
struct Console: Sendable {
    /// How results are shown.
    enum Format: String, Sendable {
        case table, json, jsonl, csv
    }

    let format: Format
    /// Whether results may have colours.
    let isColored: Bool
    /// Whether only results and errors are said.
    let isQuiet: Bool
    let isVerbose: Bool

    /// Whether standard error is a terminal on which a line may be written over.
    var isLive: Bool { isatty(STDERR_FILENO) == 1 && !isQuiet && environmentAllowsControl }
    private let environmentAllowsControl: Bool
    /// Whether that line may have colours.
    let isLiveColored: Bool

    /// A console for these choices. `color` is `auto`, `always` or `never`.
    init(format: Format, color: String, isQuiet: Bool, isVerbose: Bool, environment: [String: String]) {
        self.format = format
        self.isQuiet = isQuiet
        self.isVerbose = isVerbose
        environmentAllowsControl = environment["TERM"] != "dumb"
        isColored = Self.isColored(color, isTerminal: isatty(STDOUT_FILENO) == 1, environment)
        isLiveColored = Self.isColored(color, isTerminal: isatty(STDERR_FILENO) == 1, environment)
    }

    /// Whether there are colours: `NO_COLOR` (no-color.org) and a dumb terminal forbid them unless asked for.
    static func isColored(_ choice: String, isTerminal: Bool, _ environment: [String: String]) -> Bool {
        switch choice {
        case "always": true
        case "never": false
        default: isTerminal && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
        }
    }

    /// Writes a result line.
    func result(_ line: String) throws(CommandError) { try result(Array(line.utf8)) }

    /// Writes a result line.
    func result(_ line: [UInt8]) throws(CommandError) {
        guard Self.write(line + [UInt8(ascii: "\n")], to: STDOUT_FILENO) else {
            throw CommandError(.failure, "cannot write to standard output: \(SystemError.words(errno))")
        }
    }

    /// Whether standard output is a terminal that can be drawn on.
    var isScreen: Bool { isatty(STDOUT_FILENO) == 1 && environmentAllowsControl }

    /// Writes to the terminal that standard output is, as it is.
    func draw(_ text: String) throws(CommandError) {
        guard Self.write(Array(text.utf8), to: STDOUT_FILENO) else {
            throw CommandError(.failure, "cannot write to standard output: \(SystemError.words(errno))")
        }
    }

    /// Says something that is no result, unless it shall be quiet.
    func note(_ line: String) {
        if !isQuiet { Self.complain(line) }
    }

    /// Says something that nobody should miss.
    func warn(_ line: String) { Self.complain("tusk: warning: \(Printable.line(line))") }

    /// Writes over the present line of standard error; only when `isLive`.
    func live(_ line: String) { _ = Self.write(Array("\r\u{1B}[K\(line)".utf8), to: STDERR_FILENO) }

    /// Writes a line to standard error. When even that is impossible there is nobody left to tell.
    static func complain(_ line: String) { _ = write(Array("\(line)\n".utf8), to: STDERR_FILENO) }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 { rest = rest.dropFirst(count) }
            guard count < 0 else { continue }
            switch errno {
            case EINTR: break
            case EAGAIN:
                var interest = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&interest, 1, -1)
            default: return false
            }
        }
        return true
    }

    /// Makes sure that the first three descriptors are open: a closed one would be given to the next file or socket,
    /// and results would be written into it.
    static func openStandardDescriptors() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) == -1 {
            // The lowest free number is the one that is missing.
            _ = open("/dev/null", O_RDWR)
        }
    }
}
