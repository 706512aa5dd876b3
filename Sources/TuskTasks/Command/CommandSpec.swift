package import Tusk

/// A program that runs the jobs of a kind, as the configuration has it.
package struct CommandSpec: Sendable, Hashable {
    /// The kind of its jobs.
    package let kind: Kind
    /// The program's absolute path and its arguments. Nothing of a job is ever among them.
    package var arguments: [String]
    /// Where it starts. Defaults to `/`.
    package var directory = "/"
    /// Variables besides `PATH`, `LANG` and those that Tusk sets, which start with `TUSK_`. Defaults to none.
    package var variables: [String: String] = [:]
    /// How long one attempt may take, unless the job says. Defaults to 5 minutes.
    package var timeout = Duration.seconds(300)
    /// How long it may go on after SIGTERM, before SIGKILL. Less than the worker's own patience. Defaults to 3 seconds.
    package var grace = Duration.seconds(3)
    /// The address space of each of its processes, in bytes; 0: no limit. Defaults to 0.
    package var memoryBytes = 0
    /// The CPU time of each of its processes, in seconds; 0: no limit. Defaults to 0.
    package var cpuSeconds = 0
    /// How many processes it may be at once. Defaults to 64.
    package var processesMax = 64
    /// What it may write to its standard output and error together, in bytes. Defaults to 8 MiB.
    package var outputBytesMax = 8 << 20
    /// The largest file it may write, in bytes. Defaults to 1 GiB.
    package var fileBytesMax = 1 << 30

    /// How many descriptors it may have open.
    static let filesMax = 256
    /// All arguments together, and all variables together.
    package static let textBytesMax = 32 << 10

    /// A command with defaults for everything else.
    package init(kind: Kind, arguments: [String]) {
        self.kind = kind
        self.arguments = arguments
    }
}
