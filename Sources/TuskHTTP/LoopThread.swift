import CLinux
import Glibc

/// The one thread a server has. Source: pthread_create(3).
enum LoopThread {
    /// A loop on its way to its thread.
    ///
    /// `@unchecked`: the thread that made it hands it over and never touches it again, so no two threads meet in it.
    private final class Cargo: @unchecked Sendable {
        let loop: EventLoop
        let onEnd: @Sendable () -> Void

        init(_ loop: EventLoop, _ onEnd: @escaping @Sendable () -> Void) {
            (self.loop, self.onEnd) = (loop, onEnd)
        }
    }

    /// Runs `loop` on a new thread, which calls `onEnd` last.
    static func run(_ loop: sending EventLoop, onEnd: @escaping @Sendable () -> Void) throws(HTTPServerError) {
        let cargo = unsafe Unmanaged.passRetained(Cargo(loop, onEnd))
        var thread = pthread_t()
        let result = unsafe pthread_create(&thread, nil, { unsafe LoopThread.main($0) }, cargo.toOpaque())
        guard result == 0 else {
            unsafe cargo.release()
            throw .system(call: "pthread_create", errno: result)
        }
        tusk_name_thread(thread)
        pthread_detach(thread)
    }

    private static func main(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let context = unsafe context else { preconditionFailure("the thread is started with its cargo") }
        let onEnd = unsafe runLoop(context)
        // The loop and its sockets are gone by now.
        onEnd()
        return nil
    }

    private static func runLoop(_ context: UnsafeMutableRawPointer) -> @Sendable () -> Void {
        let cargo = unsafe Unmanaged<Cargo>.fromOpaque(context).takeRetainedValue()
        cargo.loop.run()
        return cargo.onEnd
    }
}
