import Dispatch
import TuskCore
import TuskTelemetry

/// A process that serves: it starts its roles, waits until somebody asks for the end, and ends them.
///
/// ```
/// start --> serving --TERM, INT--> draining --all done, or the time is over--> stopped --> exit
///                                     +--------TERM, INT again: now-----------^
/// ```
struct Service {
    let parts: ServiceParts
    /// In the order in which they start; they end in the opposite order.
    let roles: [any ServiceRole]
    /// What to do when all have started; gets what each said.
    var announce: ([String]) throws(CommandError) -> Void = { _ in }

    /// How much longer than the drain timeout the end may take: a role gives back what it has in that time.
    private static let drainReserve = Duration.seconds(2)

    /// Runs until somebody asks for the end.
    func run() throws(CommandError) -> ExitCode {
        let signals = parts.signals
        let systemd = SystemdNotifier(parts.environment)
        let logger = parts.logger
        signals.onHangUp { logger.notice("SIGHUP does nothing; restart the process for new settings") }
        var started: [any ServiceRole] = []
        do throws(CommandError) {
            var places: [String] = []
            for role in roles {
                try signals.check()
                places.append(try role.start())
                started.append(role)
            }
            try announce(places)
            var fields: LogFields = ["version": .text(Program.version)]
            for (role, place) in zip(roles, places) { fields[role.name] = .text(place) }
            logger.notice("started", fields)
            systemd.ready("serving: \(places.joined(separator: ", "))")
        } catch {
            for role in started.reversed() { role.stop() }
            throw error
        }
        while !signals.wait(for: .drain, limit: systemd.aliveInterval) {
            systemd.alive(stuck: started.filter(\.isStuck).map(\.name))
        }
        return try end(started, systemd)
    }

    private func end(_ started: [any ServiceRole], _ systemd: SystemdNotifier) throws(CommandError) -> ExitCode {
        let limit = parts.configuration.duration(.drainTimeout)
        let words = "draining, at most \(DurationText.print(limit))"
        systemd.stopping(words)
        parts.logger.notice("\(words); a second signal ends it at once")
        drain(started, limit)
        for role in started.reversed() { role.stop() }
        parts.logger.notice("stopped")
        if let failure = parts.signals.failure { throw failure }
        for role in started {
            if let remains = role.remains { throw remains }
        }
        return .success
    }

    /// Drains all roles at the same time, each on a thread of its own, until they are done or it is urgent.
    private func drain(_ roles: [any ServiceRole], _ limit: Duration) {
        let group = DispatchGroup()
        for role in roles {
            DispatchQueue(label: "tusk.drain.\(role.name)").async(group: group) { role.drain(within: limit) }
        }
        let end = ContinuousClock.now.advanced(by: limit + Self.drainReserve)
        while group.wait(timeout: .now() + .milliseconds(20)) == .timedOut {
            if parts.signals.urgency == .now || ContinuousClock.now >= end { return }
        }
    }
}
