import TuskCore

/// `tusk health`: asks a running process how it is, for health checks of containers and scripts.
enum HealthCommand {
    private static let live = Option.argument("live", .flag, "asks whether the process lives (/livez)")
    private static let ready = Option.argument("ready", .flag, "asks whether it can do its work (/readyz)")
    private static let url = Option.argument(
        "url",
        .text("URL"),
        "where the process listens, such as http://127.0.0.1:9090; without it the address of --listen"
    )
    /// How long the answer may take. Less than the usual limits of those who ask.
    private static let limit = Duration.seconds(5)

    static let all = [
        Command(
            path: ["health"],
            summary: "asks a running process whether it lives or is ready",
            details: "Ends with 0 when it is, 1 when it is not, 69 when nobody answers. Without an option it asks"
                + " whether the process is ready.",
            options: [live, ready, url, .listen],
            examples: ["tusk health --ready", "tusk health --live --url http://127.0.0.1:9090"],
            body: run
        )
    ]

    private static func run(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let asksLive = try context.flag(live)
        let asksReady = try context.flag(ready)
        guard !asksLive || !asksReady else {
            throw CommandError(.usage, "\(live.flag) and \(ready.flag) cannot be given together")
        }
        let target = try target(context, path: asksLive ? "/livez" : "/readyz")
        let answer = try HTTPProbe.get(target, limit: limit)
        let isWell = answer.status == 200
        let object = JSONWriter.object {
            $0.put("ok", isWell)
            $0.put("status", answer.status)
            $0.put("url", target.text)
        }
        try context.console.show(object) {
            [isWell ? "ok" : "\(target.text) answers \(answer.status): \(Printable.line(answer.body))"]
        }
        return isWell ? .success : .failure
    }

    /// Where to ask whoever listens at an address: for all addresses of a version, at its loopback address.
    static func host(of listen: ListenAddress) -> String {
        switch listen.host {
        case "0.0.0.0": "127.0.0.1"
        case "::": "::1"
        default: listen.host
        }
    }

    private static func target(_ context: CommandContext, path: String) throws(CommandError) -> HTTPProbe.Target {
        guard let text = try context.text(url) else {
            guard let listen = ServeRules.address(context.configuration, .listen) else {
                preconditionFailure("a checked address")
            }
            return HTTPProbe.Target(host: host(of: listen), port: String(listen.port), path: path)
        }
        guard let target = HTTPProbe.Target(text, path: path) else {
            throw CommandError(
                .usage,
                "\(url.flag) must be an http:// address without a path, such as http://127.0.0.1:8080",
                hint: text.hasPrefix("https") ? "For https ask the process itself, behind the proxy." : nil
            )
        }
        return target
    }
}
