import Glibc

/// The terminal while a command draws on it: the alternate screen, without a cursor, keys without Return.
///
/// `leave` gives it back as it was found; whoever enters has to see to it that this is done whatever happens. Ctrl-Z
/// and Ctrl-\ are switched off meanwhile, for they would leave a terminal behind that shows nothing; Ctrl-C is a signal
/// as ever. Source: termios(3); "XTerm Control Sequences" for mode 1049.
struct Screen {
    private static let start = "\u{1B}[?1049h\u{1B}[?25l"
    private static let end = "\u{1B}[?25h\u{1B}[?1049l"

    private let console: Console
    /// How standard input was; nil: it is no terminal, so there are no keys.
    private let former: termios?

    /// Takes the terminal over.
    static func enter(_ console: Console) throws(CommandError) -> Screen {
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else {
            try console.draw(start)
            return Screen(console: console, former: nil)
        }
        let former = settings
        settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
        withUnsafeMutableBytes(of: &settings.c_cc) { characters in
            characters[Int(VMIN)] = 0
            characters[Int(VTIME)] = 0
            // 0 is _POSIX_VDISABLE on Linux.
            characters[Int(VSUSP)] = 0
            characters[Int(VQUIT)] = 0
        }
        guard tcsetattr(STDIN_FILENO, TCSADRAIN, &settings) == 0 else {
            throw CommandError(.failure, "the terminal cannot be set up: \(SystemError.words(errno))")
        }
        let screen = Screen(console: console, former: former)
        do throws(CommandError) {
            try console.draw(start)
        } catch {
            screen.leave()
            throw error
        }
        return screen
    }

    /// Gives it back; to a terminal that is gone nothing can be said.
    func leave() {
        do throws(CommandError) {
            try console.draw(Self.end)
        } catch {
            console.note("the screen could not be restored: \(error.message)")
        }
        if var former { tcsetattr(STDIN_FILENO, TCSADRAIN, &former) }
    }

    /// Draws over what is there.
    func show(_ lines: [String]) throws(CommandError) {
        let text = lines.map { "\($0)\u{1B}[K" }.joined(separator: "\r\n")
        try console.draw("\u{1B}[H\(text)\u{1B}[J")
    }

    /// What was typed, waiting at most so long; nil: nobody can type any more.
    func typed(within time: Duration) -> [UInt8]? {
        guard former != nil else {
            Pause.wait(time)
            return []
        }
        var interest = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        guard poll(&interest, 1, Int32(time / .milliseconds(1))) > 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = read(STDIN_FILENO, &bytes, bytes.count)
        guard count > 0 else { return nil }
        return Array(bytes.prefix(count))
    }

    /// How large it is now; 24 lines of 80 characters when it does not say.
    static var size: TopFrame.Size {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0, size.ws_col > 0 else {
            return TopFrame.Size(rows: 24, columns: 80)
        }
        return TopFrame.Size(rows: Int(size.ws_row), columns: Int(size.ws_col))
    }
}
