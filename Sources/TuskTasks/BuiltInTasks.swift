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

        /// A configuration of these parts.
        package init(settings: ConnectionSettings, importRoots: [String]) {
            self.settings = settings
            self.importRoots = importRoots
        }
    }

    /// Lets a worker run those that are configured, and answers with their kinds. Before the worker starts.
    @discardableResult
    package static func register(on worker: Worker, _ configuration: Configuration) -> [Kind] {
        var kinds: [Kind] = []
        if !configuration.importRoots.isEmpty {
            worker.register(DataImport(configuration.settings, roots: configuration.importRoots))
            kinds.append(DataImport.kind)
        }
        return kinds
    }
}
