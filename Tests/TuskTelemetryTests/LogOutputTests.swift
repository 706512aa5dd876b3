import Dispatch
import Foundation
import Synchronization
import Testing

@testable import TuskTelemetry

/// Collects what an output writes, and can be held so that it takes nothing.
final class HeldWriter: Sendable {
    private let taken = Mutex<[UInt8]>([])
    private let gate = DispatchSemaphore(value: 0)
    private let isHeld: Bool
    /// Raised when the output has begun to write.
    let begun = DispatchSemaphore(value: 0)

    init(isHeld: Bool = false) { self.isHeld = isHeld }

    func write(_ bytes: [UInt8]) -> LogOutput.WriteEnd {
        begun.signal()
        if isHeld { gate.wait() }
        taken.withLock { $0 += bytes }
        return .written
    }

    /// Lets so many writes go on.
    func release(_ writes: Int) {
        for _ in 0..<writes { gate.signal() }
    }

    var lines: [String] {
        taken.withLock { String(decoding: $0, as: UTF8.self) }.split(separator: "\n").map(String.init)
    }
}

struct LogOutputTests {
    @Test func `lines come out whole and in order`() {
        let writer = HeldWriter()
        let output = LogOutput(writer: writer.write)
        let wanted = (0..<5000).map { "line \($0)" }
        for line in wanted { output.append(Array("\(line)\n".utf8)) }
        #expect(output.flush(within: .seconds(10)))
        #expect(writer.lines == wanted)
        output.stop()
    }

    @Test func `lines of many threads are never mixed`() {
        let writer = HeldWriter()
        let output = LogOutput(writer: writer.write)
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            for number in 0..<500 {
                output.append(Array("\(thread) \(String(repeating: "x", count: number % 50))\n".utf8))
            }
        }
        #expect(output.flush(within: .seconds(10)))
        #expect(writer.lines.count == 4000)
        #expect(writer.lines.allSatisfy { $0.wholeMatch(of: /[0-7] x*/) != nil })
        output.stop()
    }

    @Test func `a stalled reader costs lines, which are counted, and no time`() {
        let writer = HeldWriter(isHeld: true)
        let output = LogOutput(bufferBytesMax: 1000, writer: writer.write)
        let line = Array("123456789\n".utf8)
        output.append(line)
        writer.begun.wait()
        let taken = (0..<250).count { _ in output.append(line) }
        #expect(taken == 100)
        #expect(output.droppedLines == 150)
        #expect(!output.flush(within: .milliseconds(1)))
        writer.release(2)
        #expect(output.flush(within: .seconds(10)))
        #expect(writer.lines.count == 101)
        output.stop()
    }

    @Test func `the next line after a loss is followed by one that tells it`() {
        let writer = HeldWriter(isHeld: true)
        let output = LogOutput(bufferBytesMax: 400, writer: writer.write)
        let logger = Logger(output, format: .journal, now: { 0 })
        logger.info("first")
        writer.begun.wait()
        for _ in 0..<100 { logger.info("0123456789") }
        let dropped = output.droppedLines
        #expect(dropped > 0)
        writer.release(2)
        #expect(output.flush(within: .seconds(10)))
        writer.release(2)
        logger.info("again")
        #expect(output.flush(within: .seconds(10)))
        #expect(writer.lines.suffix(2).first == "<6>level=info message=again")
        #expect(writer.lines.last == #"<4>level=warning message="log lines were dropped" dropped_lines=\#(dropped)"#)
        output.stop()
    }

    @Test func `a closed pipe neither ends the process nor blocks it`() async {
        await #expect(processExitsWith: .success) {
            signal(SIGPIPE, SIG_DFL)
            let pipe = Pipe()
            try pipe.fileHandleForReading.close()
            let output = LogOutput(descriptor: pipe.fileHandleForWriting.fileDescriptor)
            output.append(Array("into the void\n".utf8))
            #expect(output.flush(within: .seconds(10)))
            #expect(!output.append(Array("and again\n".utf8)))
            #expect(output.droppedLines == 2)
        }
    }

    @Test func `a reader that takes little at a time gets everything`() throws {
        let pipe = Pipe()
        let descriptor = pipe.fileHandleForWriting.fileDescriptor
        #expect(fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0)
        let output = LogOutput(descriptor: descriptor)
        let line = Array((String(repeating: "x", count: 999) + "\n").utf8)
        for _ in 0..<500 { output.append(line) }
        #expect(try pipe.fileHandleForReading.read(upToCount: 500_000)?.count == 500_000)
        #expect(output.droppedLines == 0)
        output.stop()
    }

    @Test func `a lost write counts its lines and the next one goes on`() {
        let isFull = Mutex(true)
        let writer = HeldWriter()
        let output = LogOutput { bytes in isFull.withLock { $0 } ? .lost : writer.write(bytes) }
        output.append(Array("lost\n".utf8))
        #expect(output.flush(within: .seconds(10)))
        isFull.withLock { $0 = false }
        output.append(Array("kept\n".utf8))
        #expect(output.flush(within: .seconds(10)))
        #expect(output.droppedLines == 1)
        #expect(writer.lines == ["kept"])
        output.stop()
    }

    @Test func `after stop nothing is written`() {
        let writer = HeldWriter()
        let output = LogOutput(writer: writer.write)
        output.append(Array("before\n".utf8))
        output.stop(within: .seconds(10))
        output.stop()
        #expect(!output.append(Array("after\n".utf8)))
        #expect(writer.lines == ["before"])
    }

    @Test func `the thread of an output that nobody has any more writes what waits, and ends`() {
        let writer = HeldWriter()
        let hasEnded = DispatchSemaphore(value: 0)
        do {
            let marker = Marker(hasEnded)
            let output = LogOutput { [marker] bytes in
                withExtendedLifetime(marker) { writer.write(bytes) }
            }
            output.append(Array("last\n".utf8))
        }
        #expect(hasEnded.wait(timeout: .now() + 10) == .success)
        #expect(writer.lines == ["last"])
    }

    /// Tells of its end.
    private final class Marker: Sendable {
        private let hasEnded: DispatchSemaphore

        init(_ hasEnded: DispatchSemaphore) { self.hasEnded = hasEnded }

        deinit { hasEnded.signal() }
    }
}

struct LoggerTests {
    private func lines(threshold: LogLevel = .info, _ body: (Logger) -> Void) -> [String] {
        let writer = HeldWriter()
        let output = LogOutput(writer: writer.write)
        body(Logger(output, format: .journal, threshold: threshold, now: { 0 }))
        output.stop(within: .seconds(10))
        return writer.lines
    }

    @Test(arguments: LogLevel.allCases)
    func `lines below the threshold are not made`(threshold: LogLevel) {
        let made = lines(threshold: threshold) { logger in
            logger.debug("m")
            logger.info("m")
            logger.notice("m")
            logger.warning("m")
            logger.error("m")
        }
        #expect(made.count == LogLevel.allCases.count { $0 >= threshold })
    }

    @Test func `a message nobody wants is not built`() {
        let isBuilt = Mutex(false)
        _ = lines { logger in
            let text = { () -> String in
                isBuilt.withLock { $0 = true }
                return "m"
            }
            logger.debug(text())
        }
        #expect(!isBuilt.withLock { $0 })
    }

    @Test func `fields are inherited and the nearest wins`() {
        let made = lines { logger in
            let worker = logger.with(["worker": "w", "queue": "default"])
            worker.info("m", ["queue": "mail", "job_id": "7"])
            worker.info("m")
        }
        #expect(
            made == [
                "<6>level=info message=m worker=w queue=mail job_id=7",
                "<6>level=info message=m worker=w queue=default",
            ]
        )
    }

    @Test(arguments: [(LogLevel.debug, 7), (.info, 6), (.notice, 5), (.warning, 4), (.error, 3)])
    func `journald gets the severity of syslog`(level: LogLevel, severity: Int) {
        let made = lines(threshold: .debug) { $0.log(level, "m") }
        #expect(made.first?.hasPrefix("<\(severity)>") == true)
    }
}
