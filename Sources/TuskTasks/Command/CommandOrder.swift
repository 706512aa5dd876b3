/// What a worker tells a supervisor to start, and what it hears from it; each is one message.
///
/// Written as texts with NUL bytes between them, which are in none of them: the supervisor is a process of the same
/// program, so there are no versions of this.
struct CommandOrder: Equatable, Sendable {
    var arguments: [String]
    var variables: [String]
    var directory: String
    var memoryBytes: Int
    var cpuSeconds: Int
    var fileBytesMax: Int
    var filesMax: Int
    var processesMax: Int
    /// After so long it is killed, should its worker not say so before.
    var lifetimeMilliseconds: Int

    /// The longest message.
    static let bytesMax = 192 << 10

    /// The message; nil for one that is too long.
    var message: [UInt8]? {
        let numbers = [memoryBytes, cpuSeconds, fileBytesMax, filesMax, processesMax, lifetimeMilliseconds]
        let texts = numbers.map(String.init) + [directory, String(arguments.count)] + arguments + variables
        let bytes = Array(texts.joined(separator: "\0").utf8)
        return bytes.count <= Self.bytesMax ? bytes : nil
    }

    /// Reads a message; nil for anything else.
    init?(message: some Sequence<UInt8>) {
        let text = String(decoding: Array(message), as: UTF8.self)
        let texts = text.split(separator: "\0", omittingEmptySubsequences: false).map(String.init)
        let numbers = texts.prefix(6).compactMap { Int($0) }
        guard numbers.count == 6, texts.count > 8, let count = Int(texts[7]), count > 0, texts.count >= 8 + count else {
            return nil
        }
        (memoryBytes, cpuSeconds, fileBytesMax) = (numbers[0], numbers[1], numbers[2])
        (filesMax, processesMax, lifetimeMilliseconds) = (numbers[3], numbers[4], numbers[5])
        directory = texts[6]
        arguments = Array(texts[8..<(8 + count)])
        variables = Array(texts[(8 + count)...])
    }

    /// An order for a configured command.
    init(_ spec: CommandSpec, variables: [String], lifetime: Duration) {
        arguments = spec.arguments
        self.variables = variables
        directory = spec.directory
        memoryBytes = spec.memoryBytes
        cpuSeconds = spec.cpuSeconds
        fileBytesMax = spec.fileBytesMax
        filesMax = CommandSpec.filesMax
        processesMax = spec.processesMax
        lifetimeMilliseconds = max(1, Int(lifetime / .milliseconds(1)))
    }
}

/// How a command ended. By then none of its processes is left.
enum CommandEnd: Equatable, Sendable {
    case exited(Int32)
    case signaled(Int32)
    /// It could not be started; the system's error number.
    case unstartable(Int32)
    /// It was killed because it was more processes than it may be.
    case tooManyProcesses

    /// The message.
    var message: [UInt8] {
        let (word, number) =
            switch self {
            case .exited(let status): ("exited", status)
            case .signaled(let signal): ("signaled", signal)
            case .unstartable(let error): ("unstartable", error)
            case .tooManyProcesses: ("processes", 0)
            }
        return Array("\(word) \(number)".utf8)
    }

    /// Reads a message; nil for anything else.
    init?(message: some Sequence<UInt8>) {
        let words = String(decoding: Array(message), as: UTF8.self).split(separator: " ")
        guard words.count == 2, let number = Int32(words[1]) else { return nil }
        switch words[0] {
        case "exited": self = .exited(number)
        case "signaled": self = .signaled(number)
        case "unstartable": self = .unstartable(number)
        case "processes": self = .tooManyProcesses
        default: return nil
        }
    }

    /// From what waitpid(2) says, WIFSIGNALED and WEXITSTATUS.
    init(waitStatus status: Int32) {
        let signal = status & 0x7F
        self = signal == 0 ? .exited((status >> 8) & 0xFF) : .signaled(signal)
    }
}
