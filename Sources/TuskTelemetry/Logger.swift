/// Writes log lines with fields that all lines of a part have in common.
///
/// A value: `logger.with(["queue": "mail"])` makes another one. Logging never fails and never waits for the output.
package struct Logger: Sendable {
    /// Lines below this level are not made.
    package let threshold: LogLevel

    private let format: LogFormat
    private let output: LogOutput
    private let now: @Sendable () -> Int64
    private var fields: LogFields = [:]

    /// A logger without fields. `now` is the clock of the lines, microseconds since 1970.
    package init(
        _ output: LogOutput,
        format: LogFormat,
        threshold: LogLevel = .info,
        now: @escaping @Sendable () -> Int64 = WallClock.now
    ) {
        self.output = output
        self.format = format
        self.threshold = threshold
        self.now = now
    }

    /// A logger whose lines also have these fields.
    package func with(_ more: LogFields) -> Logger {
        var logger = self
        logger.fields = fields.merged(with: more)
        return logger
    }

    /// Logs for whoever looks into a fault.
    package func debug(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields = [:]) {
        log(.debug, message(), fields())
    }

    /// Logs the normal course of things.
    package func info(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields = [:]) {
        log(.info, message(), fields())
    }

    /// Logs something normal that is worth a look.
    package func notice(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields = [:]) {
        log(.notice, message(), fields())
    }

    /// Logs something that went wrong and is being dealt with.
    package func warning(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields = [:]) {
        log(.warning, message(), fields())
    }

    /// Logs something that went wrong and needs somebody.
    package func error(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields = [:]) {
        log(.error, message(), fields())
    }

    /// Logs at a level that is only known at run time; message and fields are not made for lines nobody wants.
    package func log(
        _ level: LogLevel,
        _ message: @autoclosure () -> String,
        _ more: @autoclosure () -> LogFields = [:]
    ) {
        guard level >= threshold else { return }
        guard append(level, message(), fields.merged(with: more())) else { return }
        let dropped = output.takeUnreportedDrops()
        if dropped > 0 {
            append(.warning, "log lines were dropped", ["dropped_lines": .integer(Int64(dropped))])
        }
    }

    @discardableResult
    private func append(_ level: LogLevel, _ message: String, _ fields: LogFields) -> Bool {
        let event = LogEvent(microseconds: now(), level: level, message: message, fields: fields)
        return output.append(LogLine.render(event, as: format))
    }
}
