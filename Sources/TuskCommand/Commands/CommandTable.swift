/// Every command there is, in the order in which help shows them.
enum CommandTable {
    static let all: [Command] =
        JobAddCommand.all + JobCommands.all + JobWaitCommand.all + QueueCommands.all + WorkerCommands.all
        + MigrateCommands.all + ConfigCommands.all + VersionCommand.all
}
