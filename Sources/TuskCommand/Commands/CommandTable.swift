/// Every command there is, in the order in which help shows them.
enum CommandTable {
    static let all: [Command] =
        DevCommand.all + ServeCommands.all + JobAddCommand.all + JobCommands.all + JobEditCommand.all
        + JobWaitCommand.all + JobTailCommand.all
        + WhyCommand.all + QueueCommands.all + LimitCommands.all + OrderCommands.all + ScheduleCommands.all
        + WorkerCommands.all + TopCommand.all + KeyCommands.all + MigrateCommands.all
        + ResumeCommand.all + ErrorCommands.all + AuditCommands.all + OperationCommands.all
        + BenchCommand.all + ConfigCommands.all + DoctorCommand.all + HealthCommand.all + ShellCommands.all
        + VersionCommand.all
}
