import Glibc

/// How a log line looks.
package enum LogFormat: Sendable, Equatable {
    /// For people: time, level, message, then `name=value`.
    case text(colored: Bool)
    /// `name=value` throughout.
    case logfmt
    /// One object a line.
    case json
    /// logfmt for journald: the level as `<N>` in front, and no time, which journald adds.
    case journal

    /// The format that fits where the lines go: a terminal, the journal, or anything else.
    package static func automatic(isTerminal: Bool, isJournal: Bool) -> LogFormat {
        if isTerminal { return .text(colored: true) }
        return isJournal ? .journal : .json
    }

    /// Whether a descriptor is the stream that systemd described in `JOURNAL_STREAM`, whose value is `device:inode`
    /// in decimal; nil when it is not set. Source: systemd.exec(5), "$JOURNAL_STREAM".
    package static func isJournal(descriptor: Int32, journalStream: String?) -> Bool {
        var status = stat()
        guard let journalStream, fstat(descriptor, &status) == 0 else { return false }
        return journalStream == "\(status.st_dev):\(status.st_ino)"
    }
}
