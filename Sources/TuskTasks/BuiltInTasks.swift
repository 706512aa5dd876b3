package import Tusk
package import TuskPostgres

/// The handlers that come with Tusk.
package enum BuiltInTasks {
    /// What they may touch. A kind for which nothing is allowed is not offered.
    package struct Configuration: Sendable {
        /// How they connect for the data they work on.
        package var settings: ConnectionSettings
        /// Absolute paths of the folders whose files `data.import` may read. Defaults to none.
        package var importRoots: [String] = []
        /// Absolute paths of the folders that `data.export` and `data.fetch` may write to. Defaults to none.
        package var outputRoots: [String] = []
        /// The tables that `data.import` and `data.rollup` may read and change. Defaults to none.
        package var tables = AllowedTables()
        /// The queries that `data.export` may run, by name. Defaults to none.
        package var queries: [String: NamedQuery] = [:]
        /// The functions that `sql.call` may call, as `schema.name`. Defaults to none.
        package var functions: [String] = []
        /// Addresses that `data.fetch`, `data.import`, `http.request` and webhooks may connect to, besides those of the
        /// public internet. Defaults to none.
        package var networks: [Network] = []
        /// Who may vouch for https servers besides those the system trusts. Defaults to nobody.
        package var trusted: TrustedAuthorities?
        /// Whether `http.request` and `data.fetch` are offered, and `data.import` takes URLs. Defaults to false.
        package var allowsRequests = false
        /// What `http.request` signs with. Defaults to nothing.
        package var signingKey: WebhookKey?
        /// The commands that run jobs, each of a kind of its own. Defaults to none.
        package var commands: [CommandSpec] = []
        /// The receivers that jobs are sent to, each of a kind of its own. Defaults to none.
        package var webhooks: [WebhookSpec] = []
        /// How this program is started to watch over a command: its path and arguments. Defaults to itself.
        package var supervisor = ["/proc/self/exe", CommandSupervisor.word]

        /// A configuration that allows nothing yet.
        package init(settings: ConnectionSettings) {
            self.settings = settings
        }
    }

    /// Lets a worker run those that are configured, and answers with their kinds. Before the worker starts.
    @discardableResult
    package static func register(on worker: Worker, _ configuration: Configuration) -> [Kind] {
        var kinds: [Kind] = []
        func offer(_ handler: some JobHandler) {
            worker.register(handler)
            kinds.append(type(of: handler).kind)
        }
        let (settings, tables) = (configuration.settings, configuration.tables)
        let network = NetworkGuard(allowing: configuration.networks)
        let trusted = configuration.trusted
        if !tables.isEmpty, configuration.allowsRequests || !configuration.importRoots.isEmpty {
            let (roots, network) = (configuration.importRoots, configuration.allowsRequests ? network : nil)
            offer(DataImport(settings, roots: roots, tables: tables, network: network, trusting: trusted))
        }
        if !tables.isEmpty { offer(DataRollup(settings, tables: tables)) }
        if !configuration.outputRoots.isEmpty, !configuration.queries.isEmpty {
            offer(DataExport(settings, roots: configuration.outputRoots, queries: configuration.queries))
        }
        if !configuration.functions.isEmpty { offer(SQLCall(settings, functions: configuration.functions)) }
        let supervisors = SupervisorPool(configuration.supervisor)
        for command in configuration.commands {
            let task = CommandTask(command, supervisors)
            worker.register(command.kind, policy: HandlerPolicy(timeout: command.timeout)) { try task.perform($0) }
            kinds.append(command.kind)
        }
        for webhook in configuration.webhooks {
            let task = WebhookTask(webhook, network, trusting: trusted)
            worker.register(webhook.kind, policy: HandlerPolicy(timeout: webhook.timeout)) { try task.perform($0) }
            kinds.append(webhook.kind)
        }
        guard configuration.allowsRequests else { return kinds }
        offer(HTTPRequestTask(network: network, key: configuration.signingKey, trusting: trusted))
        if !configuration.outputRoots.isEmpty {
            offer(DataFetch(settings, roots: configuration.outputRoots, network: network, trusting: trusted))
        }
        return kinds
    }
}
