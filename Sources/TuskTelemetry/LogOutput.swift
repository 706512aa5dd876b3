import Dispatch
import Glibc
import Synchronization

/// Where log lines go: a bounded buffer that one thread empties.
///
/// Who logs copies the line into the buffer and goes on; a stalled pipe stalls only the thread that writes. A line
/// that finds the buffer full, or an output that is gone, is dropped and counted. The thread ends with `stop`, or when
/// nobody refers to the output any more and what waits is written.
package final class LogOutput: Sendable {
    /// Writes bytes. Called by one thread, and may block.
    package typealias Writer = @Sendable ([UInt8]) -> WriteEnd

    /// How a write ended.
    package enum WriteEnd: Sendable {
        case written
        /// These bytes are lost, later ones may be written: a full disk.
        case lost
        /// Nobody reads any more: a closed pipe.
        case closed
    }

    private let drain: Drain

    fileprivate struct State {
        var buffer: [UInt8] = []
        var bufferedLines = 0
        var isWriting = false
        var isStopped = false
        var isClosed = false
        var droppedLines = 0
        var unreportedDrops = 0
        /// Raised when nothing waits any more.
        var flushes: [DispatchSemaphore] = []

        /// Counts what the end of a write means for the lines that were in it and those that wait.
        mutating func account(for end: WriteEnd?, lines: Int) {
            isWriting = false
            switch end {
            case .written, nil: break
            case .lost: drop(lines)
            case .closed:
                isClosed = true
                drop(lines + bufferedLines)
                (buffer, bufferedLines) = ([], 0)
            }
        }

        mutating func drop(_ lines: Int) {
            droppedLines += lines
            unreportedDrops += lines
        }
    }

    /// An output that hands its bytes to `writer`.
    package init(bufferBytesMax: Int = 1 << 20, writer: @escaping Writer) {
        drain = Drain(bufferBytesMax: bufferBytesMax, writer: writer)
        // A serial queue with one block that lasts is a thread of our own. It must not keep the output itself.
        DispatchQueue(label: "tusk.log").async { [drain] in drain.run() }
    }

    deinit { drain.stop() }

    /// An output to an open descriptor, usually 2. It stays open when the output stops.
    package convenience init(descriptor: Int32, bufferBytesMax: Int = 1 << 20) {
        self.init(bufferBytesMax: bufferBytesMax) { DescriptorWriter(descriptor: descriptor).write($0) }
    }

    /// Takes a line, which ends in a line feed; returns at once, and false when the line had to be dropped.
    @discardableResult
    package func append(_ line: [UInt8]) -> Bool {
        drain.append(line)
    }

    /// Lines dropped since the start.
    package var droppedLines: Int { drain.state.withLock { $0.droppedLines } }

    /// Lines dropped since this was last asked, for the line that reports them.
    func takeUnreportedDrops() -> Int {
        drain.state.withLock { state in
            defer { state.unreportedDrops = 0 }
            return state.unreportedDrops
        }
    }

    /// Waits until every line taken so far is written, at most so long; returns whether it is.
    @discardableResult
    package func flush(within limit: Duration = .seconds(1)) -> Bool {
        let flushed = DispatchSemaphore(value: 0)
        let isIdle = drain.state.withLock { state in
            if state.buffer.isEmpty && !state.isWriting { return true }
            state.flushes.append(flushed)
            return false
        }
        if isIdle { return true }
        let nanoseconds = limit / .nanoseconds(1)
        return flushed.wait(timeout: .now() + nanoseconds / 1e9) == .success
    }

    /// Flushes, then ends the thread as soon as its last write returns. Lines that come later are dropped.
    package func stop(within limit: Duration = .seconds(1)) {
        flush(within: limit)
        drain.stop()
    }
}

/// What an output and its thread share.
private final class Drain: Sendable {
    /// How many bytes may wait. Defaults to 1 MiB, about 5,000 lines.
    let bufferBytesMax: Int
    let writer: LogOutput.Writer
    let state = Mutex(LogOutput.State())
    /// Raised when there is something to do for the thread.
    let work = DispatchSemaphore(value: 0)

    init(bufferBytesMax: Int, writer: @escaping LogOutput.Writer) {
        self.bufferBytesMax = bufferBytesMax
        self.writer = writer
    }

    /// Takes a line, unless there is no room or no thread for it any more.
    func append(_ line: [UInt8]) -> Bool {
        let isFirst: Bool? = state.withLock { state in
            let isFull = state.buffer.count + line.count > bufferBytesMax
            guard !isFull, !state.isClosed, !state.isStopped else {
                state.drop(1)
                return nil
            }
            state.buffer += line
            state.bufferedLines += 1
            return state.bufferedLines == 1
        }
        if isFirst == true { work.signal() }
        return isFirst != nil
    }

    /// Takes no more lines, and ends the thread when those that wait are written.
    func stop() {
        let isFirst = state.withLock { state in
            defer { state.isStopped = true }
            return !state.isStopped
        }
        if isFirst { work.signal() }
    }

    /// The thread: takes what waits, writes it without the lock, and sleeps when there is nothing.
    func run() {
        SignalMask.blockBrokenPipe()
        while true {
            work.wait()
            let batch: (bytes: [UInt8], lines: Int)? = state.withLock { state in
                guard !state.buffer.isEmpty else { return nil }
                defer { (state.buffer, state.bufferedLines, state.isWriting) = ([], 0, true) }
                return (state.buffer, state.bufferedLines)
            }
            let end = batch.map { writer($0.bytes) }
            let (flushes, isStopped) = state.withLock { state in
                state.account(for: end, lines: batch?.lines ?? 0)
                guard state.buffer.isEmpty else { return ([DispatchSemaphore](), false) }
                defer { state.flushes = [] }
                return (state.flushes, state.isStopped)
            }
            for flush in flushes { flush.signal() }
            if isStopped { return }
        }
    }
}

/// Writes to a descriptor, however little it takes at a time.
private struct DescriptorWriter: Sendable {
    let descriptor: Int32

    func write(_ bytes: [UInt8]) -> LogOutput.WriteEnd {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count < 0 else {
                rest = rest.dropFirst(count)
                continue
            }
            switch errno {
            case EINTR: break
            case EAGAIN:
                // Somebody who shares the descriptor made it non-blocking.
                var interest = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&interest, 1, -1)
            case EPIPE, EBADF: return .closed
            default: return .lost
            }
        }
        return .written
    }
}

private enum SignalMask {
    /// A write to a closed pipe then fails with EPIPE on this thread, instead of ending the process.
    static func blockBrokenPipe() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}
