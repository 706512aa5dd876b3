/// How much a log line matters.
package enum LogLevel: String, Sendable, CaseIterable, Comparable {
    /// For whoever looks into a fault; off by default.
    case debug
    /// The normal course of things.
    case info
    /// Normal but worth a look: started, stopped, became leader.
    case notice
    /// Something went wrong and is being dealt with.
    case warning
    /// Something went wrong and somebody should act.
    case error

    /// The severity number of syslog, which journald reads between `<` and `>`. Source: RFC 5424, table 2.
    package var severity: Int {
        switch self {
        case .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        }
    }

    /// Levels that matter less come first.
    package static func < (left: LogLevel, right: LogLevel) -> Bool { left.severity > right.severity }
}
