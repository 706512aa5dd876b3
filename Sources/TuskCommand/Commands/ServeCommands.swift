import TuskCore

/// The processes: `tusk api`, `tusk worker`, `tusk scheduler`, `tusk all`.
enum ServeCommands {
    private static let ending =
        "SIGTERM or Ctrl-C drains: nothing new is taken, and what runs may go on for --drain-timeout; a second one ends"
        + " it at once."

    static let all = [
        Command(
            path: ["all"],
            summary: "runs API, worker and scheduler in one process",
            details: ending,
            options: [.listen, .noAuth, .adminListen] + Option.working + Option.serving,
            body: { context throws(CommandError) in try serve(context, [.api, .worker, .scheduler]) }
        ),
        Command(
            path: ["api"],
            summary: "runs the HTTP API",
            details: ending + " Requests need a key from tusk key create.",
            options: [.listen, .noAuth, .adminListen] + Option.serving,
            body: { context throws(CommandError) in try serve(context, [.api]) }
        ),
        Command(
            path: ["worker"],
            summary: "runs jobs",
            details: ending + " Jobs that do not end in time go back to their queue without losing an attempt.",
            options: Option.working + [.adminListen] + Option.serving,
            body: { context throws(CommandError) in try serve(context, [.worker]) }
        ),
        Command(
            path: ["scheduler"],
            summary: "promotes due jobs, fires schedules, rescues jobs of dead workers, drops old records",
            details: ending + " Run two or more: one leads, the others take over.",
            options: [.adminListen] + Option.serving,
            body: { context throws(CommandError) in try serve(context, [.scheduler]) }
        ),
    ]

    private enum Kind { case api, worker, scheduler }

    private static func serve(_ context: CommandContext, _ kinds: [Kind]) throws(CommandError) -> ExitCode {
        try ServeRules.check(context.configuration)
        let signals = StopSignals()
        let parts = try ServiceParts(context, signals)
        defer { parts.close() }
        try parts.database.check(allowsUnsafe: context.configuration.flag(.allowUnsafeServer))
        var roles: [any ServiceRole] = []
        for kind in kinds {
            switch kind {
            case .api: roles.append(try APIRole(parts, isOpen: context.configuration.flag(.noAuth)))
            case .worker:
                roles.append(
                    try WorkerRole(parts, data: try DataAccess.read(context.configuration, context.environment))
                )
            case .scheduler: roles.append(try SchedulerRole(parts))
            }
        }
        if let address = context.configuration.text(.adminListen) {
            roles.insert(AdminRole(parts, at: address, watching: roles), at: 0)
        }
        return try Service(parts: parts, roles: roles).run()
    }
}
