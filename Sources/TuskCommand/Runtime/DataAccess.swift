import TuskTasks

/// What the configuration lets the data tasks of a worker touch.
enum DataAccess {
    /// Reads it. `importRoots` and `tables` count when the configuration has none.
    static func read(
        _ configuration: Configuration,
        importRoots: [String] = [],
        tables: [String] = []
    ) throws(CommandError) -> BuiltInTasks.Configuration {
        let given = configuration.list(.importRoot)
        let roots = given.isEmpty ? importRoots : given
        let allowed = try self.tables(configuration, or: tables)
        guard given.isEmpty || !allowed.isEmpty else {
            throw CommandError(
                .configuration,
                "--import-root is given, and no table that data.import may fill",
                hint: "Name them with --tables, such as --tables 'public.*'."
            )
        }
        return BuiltInTasks.Configuration(
            settings: try Database.settings(configuration, as: "tusk-task"),
            importRoots: roots.map(Files.absolute),
            tables: allowed
        )
    }

    private static func tables(_ configuration: Configuration, or usual: [String]) throws(CommandError) -> AllowedTables {
        let given = configuration.list(.tables)
        do throws(AllowedTables.Unreadable) {
            return try AllowedTables(given.isEmpty ? usual : given)
        } catch {
            throw CommandError(
                .configuration,
                "--tables must be like schema.name or schema.*, not \"\(Printable.line(error.text).prefix(60))\"",
                hint: "Tables of the server and of Tusk itself are never allowed."
            )
        }
    }
}
