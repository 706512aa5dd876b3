/// Every setting there is.
///
/// Limits of times and counts are those of the parts they are for, or wide enough for any use and narrow enough to
/// catch a mistyped unit.
extension Option {
    // Every command.

    static let databaseURL = setting(
        "database-url",
        .text("URL"),
        key: "database.url",
        isSecret: true,
        "the database, as postgresql://user@host/name or keyword=value; better not as a flag when it has a password"
    )
    static let configFile = setting(
        "config",
        .text("FILE"),
        key: nil,
        "the configuration file, instead of ./tusk.toml or /etc/tusk/tusk.toml"
    )
    static let output = setting(
        "output",
        short: "o",
        .choice(["table", "json", "jsonl", "csv"]),
        key: "output.format",
        fallback: "table",
        "how results are shown: for people, as one JSON document, as one JSON object a line, or as CSV"
    )
    static let color = setting(
        "color",
        .choice(["auto", "always", "never"]),
        key: "output.color",
        fallback: "auto",
        "colours; auto: on a terminal, unless NO_COLOR is set or TERM is dumb"
    )
    static let quiet = argument("quiet", short: "q", .flag, "says only what was asked for, and errors")
    static let verbose = argument("verbose", short: "v", .flag, "says more about what is being done")
    static let timeout = setting(
        "timeout",
        .duration(.milliseconds(100) ... .seconds(3600)),
        key: "database.timeout",
        fallback: "10s",
        "how long the database may take for one call"
    )
    static let behindPooler = setting(
        "behind-pooler",
        .flag,
        key: "database.behind_pooler",
        fallback: "false",
        "the database is reached through PgBouncer in transaction mode"
    )
    static let help = argument("help", short: "h", .flag, "shows this help")

    // Processes that serve.

    static let listen = setting(
        "listen",
        .address,
        key: "api.listen",
        fallback: "127.0.0.1:8080",
        "where the HTTP API listens; port 0 lets the system choose"
    )
    static let noAuth = setting(
        "no-auth",
        .flag,
        key: "api.no_auth",
        fallback: "false",
        "lets everybody who reaches the API do everything; only on a loopback address"
    )
    static let adminListen = setting(
        "admin-listen",
        .address,
        key: "admin.listen",
        "where /livez, /readyz and /metrics are served; without it they are not"
    )
    static let queues = setting(
        "queues",
        .queues,
        key: "worker.queues",
        fallback: "default",
        "the queues to claim from"
    )
    static let concurrency = setting(
        "concurrency",
        .integer(1...200),
        key: "worker.concurrency",
        fallback: "8",
        "how many jobs run at once in this process"
    )
    static let reservedSlots = setting(
        "reserved-slots",
        .integer(0...199),
        key: "worker.reserved_slots",
        fallback: "0",
        "how many of these only urgent jobs may use, so that long jobs never hold them all"
    )
    static let reservedPriority = setting(
        "reserved-priority",
        .integer(0...8),
        key: "worker.reserved_priority",
        fallback: "2",
        "the least urgent priority that counts as urgent for them"
    )
    static let leaseTime = setting(
        "lease-time",
        .duration(.milliseconds(300) ... .seconds(3600)),
        key: "worker.lease_time",
        fallback: "15s",
        "how long a worker that is not heard of keeps its jobs"
    )
    static let drainTimeout = setting(
        "drain-timeout",
        .duration(.zero ... .seconds(86_400)),
        key: "server.drain_timeout",
        fallback: "25s",
        "how long running jobs and requests may go on after SIGTERM or Ctrl-C"
    )
    static let importRoot = setting(
        "import-root",
        .directories,
        key: "worker.import_roots",
        "a directory that data.import may read files from; may be given again"
    )
    static let tables = setting(
        "tables",
        .names("SCHEMA.NAME"),
        key: "worker.tables",
        "the tables that data.import and data.rollup may read and change; schema.* means all of a schema"
    )
    static let outputRoot = setting(
        "output-root",
        .directories,
        key: "worker.output_roots",
        "a directory that data.export and data.fetch may write files to; may be given again"
    )
    static let queryDirectory = setting(
        "query-dir",
        .text("DIR"),
        key: "worker.query_dir",
        "the directory with the queries that data.export may run, each a file NAME.sql"
    )
    static let functions = setting(
        "functions",
        .names("SCHEMA.NAME"),
        key: "worker.functions",
        "the SQL functions that sql.call may call"
    )
    static let allowRequests = setting(
        "allow-requests",
        .flag,
        key: "worker.allow_requests",
        fallback: "false",
        "lets http.request, data.fetch and data.import ask servers of the public internet"
    )
    static let allowNetworks = setting(
        "allow-networks",
        .names("ADDRESS/BITS"),
        key: "worker.allow_networks",
        "further networks they and webhooks may ask, such as 10.1.2.0/24; others that are not public are refused"
    )
    static let authorities = setting(
        "ca-file",
        .text("FILE"),
        key: "worker.ca_file",
        "certificates in PEM of who may vouch for https servers, besides those the system trusts"
    )
    static let signingKey = setting(
        "signing-key",
        .text("KEY"),
        key: "worker.signing_key",
        isSecret: true,
        "what http.request signs with: whsec_ and 24 to 64 bytes in base64; better not as a flag"
    )
    static let allowUnsafeServer = setting(
        "allow-unsafe-server",
        .flag,
        key: "database.allow_unsafe_server",
        fallback: "false",
        "works with a server that runs with fsync=off, which loses acknowledged jobs when its machine crashes"
    )
    static let logFormat = setting(
        "log-format",
        .choice(["auto", "text", "logfmt", "json", "journal"]),
        key: "log.format",
        fallback: "auto",
        "how log lines look; auto: text on a terminal, journal under systemd, json otherwise"
    )
    static let logLevel = setting(
        "log-level",
        .choice(["debug", "info", "notice", "warning", "error"]),
        key: "log.level",
        fallback: "info",
        "the least level that is logged; -q means warning and -v means debug"
    )

    static let otlpEndpoint = setting(
        "otlp-endpoint",
        .text("URL"),
        key: "tracing.endpoint",
        "where spans are sent by OTLP/HTTP, such as http://localhost:4318; also OTEL_EXPORTER_OTLP_ENDPOINT"
    )
    static let otlpHeaders = setting(
        "otlp-headers",
        .text("NAME=VALUE,..."),
        key: "tracing.headers",
        isSecret: true,
        "headers to send with them; also OTEL_EXPORTER_OTLP_HEADERS; better not as a flag"
    )
    static let serviceName = setting(
        "service-name",
        .text("NAME"),
        key: "tracing.service_name",
        fallback: "tusk",
        "what this process is called in traces; also OTEL_SERVICE_NAME"
    )

    // Development.

    static let ephemeral = setting(
        "ephemeral",
        .flag,
        key: "dev.ephemeral",
        fallback: "false",
        "keeps nothing: the private server lives in a temporary directory, which is removed at the end"
    )
    static let directory = setting(
        "directory",
        .text("DIR"),
        key: "dev.directory",
        fallback: ".tusk",
        "where tusk dev keeps its private server"
    )

    /// What every command takes.
    static let everywhere = [databaseURL, configFile, output, color, quiet, verbose, timeout, behindPooler, help]
    /// What every process that serves takes.
    static let serving = [logFormat, logLevel] + tracing + [drainTimeout, allowUnsafeServer]
    private static let tracing = [otlpEndpoint, otlpHeaders, serviceName]
    /// What a worker takes.
    static let working =
        [queues, concurrency, reservedSlots, reservedPriority, leaseTime, importRoot, tables, outputRoot]
        + [queryDirectory, functions, allowRequests, allowNetworks, authorities, signingKey]

    /// Every setting, in the order in which they are shown.
    static let settings: [Option] =
        [databaseURL, behindPooler, timeout, allowUnsafeServer, configFile, output, color]
        + [listen, noAuth, adminListen, drainTimeout] + working + [logFormat, logLevel] + tracing
        + [ephemeral, directory]
}
