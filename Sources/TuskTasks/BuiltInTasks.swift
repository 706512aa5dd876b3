package import Tusk
package import TuskPostgres

/// The handlers that come with Tusk.
package enum BuiltInTasks {
    /// What they need to know.
    package struct Configuration: Sendable {
        /// How they connect for the data they work on.
        package var settings: ConnectionSettings
        /// Absolute paths of the folders whose files `data.import` may read. Without any, the kind is not offered.
        package var importRoots: [String]
        /// The tables that rows may come from and go to. Without any, `data.import` is not offered.
        package var tables: AllowedTables

        /// A configuration of these parts.
        package init(settings: ConnectionSettings, importRoots: [String], tables: AllowedTables) {
            self.settings = settings
            self.importRoots = importRoots
            self.tables = tables
        }
    }

    /// Lets a worker run those that are configured, and answers with their kinds. Before the worker starts.
    @discardableResult
    package static func register(on worker: Worker, _ configuration: Configuration) -> [Kind] {
        var kinds: [Kind] = []
        let (settings, tables) = (configuration.settings, configuration.tables)
        if !configuration.importRoots.isEmpty, !tables.isEmpty {
            worker.register(DataImport(settings, roots: configuration.importRoots, tables: tables))
            kinds.append(DataImport.kind)
        }
        return kinds
    }
}
