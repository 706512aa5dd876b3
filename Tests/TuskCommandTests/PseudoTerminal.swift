import Foundation
import Synchronization
import TestSupport

/// A terminal without a screen, and a program that runs in it.
///
/// Source: ptmx(4), ioctl_tty(2).
final class PseudoTerminal: Sendable {
    /// `TIOCSPTLCK` and `TIOCGPTN`, which the Glibc module does not have.
    private static let unlockRequest: UInt = 0x4004_5431
    private static let numberRequest: UInt = 0x8004_5430

    private let master: Int32
    private let slave: Int32
    private let written = Mutex<[UInt8]>([])
    private let ended = Mutex<Int32?>(nil)
    private let processID = Mutex<Int32>(0)

    /// A terminal of this size.
    init(rows: UInt16, columns: UInt16) throws {
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)
        guard master >= 0 else { throw FixtureError("no /dev/ptmx: \(errno)") }
        var (lock, number): (Int32, Int32) = (0, 0)
        guard ioctl(master, Self.unlockRequest, &lock) == 0, ioctl(master, Self.numberRequest, &number) == 0 else {
            throw FixtureError("no pseudo terminal: \(errno)")
        }
        slave = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard slave >= 0 else { throw FixtureError("no /dev/pts/\(number): \(errno)") }
        resize(rows: rows, columns: columns)
    }

    deinit {
        let processID = processID.withLock { $0 }
        if processID > 0, ended.withLock({ $0 }) == nil { kill(processID, SIGKILL) }
        close(slave)
        close(master)
    }

    /// Starts the program that was built, with this as its terminal.
    func start(_ arguments: [String], environment: [String: String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: TuskProcess.program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(filePath: "/")
        process.environment = environment
        let terminal = FileHandle(fileDescriptor: slave, closeOnDealloc: false)
        (process.standardInput, process.standardOutput, process.standardError) = (terminal, terminal, terminal)
        process.terminationHandler = { [weak self] process in
            let status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
            self?.ended.withLock { $0 = status }
        }
        try process.run()
        processID.withLock { $0 = process.processIdentifier }
    }

    /// What the program has written so far.
    var text: String {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        return written.withLock { written in
            while true {
                let count = read(master, &buffer, buffer.count)
                guard count > 0 else { return String(decoding: written, as: UTF8.self) }
                written += buffer.prefix(count)
            }
        }
    }

    /// The lines of the screen as it was drawn last, without colours.
    var screen: [String] {
        let frame = text.components(separatedBy: "\u{1B}[H").last ?? ""
        let plain = frame.replacing(/\x1B\[[0-9;?]*[A-Za-z]/, with: "")
        // As bytes, for a carriage return and a line feed are one character.
        return plain.utf8.filter { $0 != UInt8(ascii: "\r") }.split(
            separator: UInt8(ascii: "\n"),
            omittingEmptySubsequences: false
        )
        .map { String(decoding: $0, as: UTF8.self) }
    }

    /// How input and output are set up.
    var settings: [UInt8] {
        var settings = termios()
        tcgetattr(slave, &settings)
        return withUnsafeBytes(of: &settings) { Array($0) }
    }

    func type(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(master, bytes, bytes.count)
    }

    func resize(rows: UInt16, columns: UInt16) {
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)
    }

    func send(_ signal: Int32) { kill(processID.withLock { $0 }, signal) }

    /// Waits until the program has written this.
    func shows(_ words: String) async throws {
        try await eventually(within: .seconds(30), "\"\(words)\"; it wrote \(text.suffix(2000))") {
            screen.contains { $0.contains(words) }
        }
    }

    /// Waits for the end; the exit status, negative for a signal.
    func end() async throws -> Int32 {
        try await eventually(within: .seconds(30), "the end; it wrote \(text.suffix(2000))") {
            _ = text
            return ended.withLock { $0 } != nil
        }
        return ended.withLock { $0 } ?? 0
    }
}
