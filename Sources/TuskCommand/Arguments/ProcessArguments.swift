import Foundation

/// The command line as the system has it.
enum ProcessArguments {
    /// The arguments after the program's name; refuses bytes that are not UTF-8, which `CommandLine.arguments` would
    /// silently replace.
    static func read() throws(CommandError) -> [String] {
        var arguments: [String] = []
        for index in 1..<max(1, Int(CommandLine.argc)) {
            guard let bytes = CommandLine.unsafeArgv[index] else { break }
            guard let text = String(validatingCString: bytes) else {
                throw CommandError(.usage, "argument \(index) is not valid UTF-8")
            }
            arguments.append(text)
        }
        return arguments
    }

    /// Overwrites the value of an option in the memory that `ps` shows, and says whether it is gone.
    ///
    /// The runtime hands out a copy, so the place is the one the kernel reports: fields 48 and 49 of proc(5)'s
    /// `/proc/self/stat`. Nothing is written unless what is there is what `/proc/self/cmdline` shows.
    static func scrub(_ secret: String) -> Bool {
        let secretBytes = Array(secret.utf8)
        guard !secretBytes.isEmpty, let (start, count) = commandLineMemory(),
            let shown = FileManager.default.contents(atPath: "/proc/self/cmdline"), shown.count == count
        else { return false }
        let memory = UnsafeMutableRawBufferPointer(start: start, count: count)
        guard memory.elementsEqual(shown) else { return false }
        var place = 0
        while place + secretBytes.count <= count {
            if memory[place..<(place + secretBytes.count)].elementsEqual(secretBytes) {
                for index in place..<(place + secretBytes.count) { memory[index] = UInt8(ascii: "*") }
                place += secretBytes.count
            } else {
                place += 1
            }
        }
        return true
    }

    private static func commandLineMemory() -> (start: UnsafeMutableRawPointer, count: Int)? {
        guard let bytes = FileManager.default.contents(atPath: "/proc/self/stat") else { return nil }
        // The second field is the program's name in parentheses and may contain anything, so count after it.
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 46, let first = UInt(fields[45]), let last = UInt(fields[46]), first < last,
            let start = UnsafeMutableRawPointer(bitPattern: first)
        else { return nil }
        return (start, Int(last - first))
    }
}
