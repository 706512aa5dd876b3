import Glibc
import Synchronization

/// An HTTP/1.1 server: one thread, one listening socket, all requests and answers.
///
/// ```
/// start --> serving --drain--> draining --stop--> stopped
///              +----------------stop----------------^
/// ```
package final class HTTPServer: Sendable {
    private enum Stage {
        case new
        case starting
        case serving(Mailbox, ConnectionGauge)
        case stopped(wasServing: Bool)
    }

    private let configuration: HTTPServerConfiguration
    private let router: Router
    private let errorResponse: @Sendable (HTTPRefusal) -> HTTPResponse
    private let observer: HTTPObserver?
    private let stage = Mutex(Stage.new)
    /// Leaves 0 when the last connection of a draining server is gone.
    private let drained = WaitPoint()
    /// Leaves 0 when the thread has ended.
    private let stopped = WaitPoint()

    /// A server that is not started. `errorResponse` makes the answers the server gives by itself, and `observer`
    /// hears of every finished request; both are called on the server's thread and must not block.
    package init(
        configuration: HTTPServerConfiguration,
        router: Router,
        errorResponse: @escaping @Sendable (HTTPRefusal) -> HTTPResponse = HTTPResponse.plain,
        observer: HTTPObserver? = nil
    ) {
        self.configuration = configuration
        self.router = router
        self.errorResponse = errorResponse
        self.observer = observer
    }

    deinit { _ = order(.stop) }

    /// Listens and starts the thread; returns the address with the port that was bound. Once only.
    package func start() throws(HTTPServerError) -> String {
        let isFirst = stage.withLock { stage in
            guard case .new = stage else { return false }
            stage = .starting
            return true
        }
        guard isFirst else { throw .alreadyStarted }
        do throws(HTTPServerError) {
            return try serve()
        } catch {
            stage.withLock { $0 = .stopped(wasServing: false) }
            throw error
        }
    }

    private func serve() throws(HTTPServerError) -> String {
        let listener = try ListeningSocket(configuration.address)
        let address = listener.boundAddress
        let waker = try Waker()
        let mailbox = Mailbox(waker: waker)
        let gauge = ConnectionGauge()
        let (drained, stopped) = (drained, stopped)
        let setup = EventLoop.Setup(
            router: router,
            limits: configuration.limits,
            errorResponse: errorResponse,
            observer: observer,
            mailbox: mailbox,
            gauge: gauge,
            onDrained: { drained.signal() }
        )
        let loop = try EventLoop(setup, listener: listener, waker: waker)
        try LoopThread.run(loop) {
            drained.signal()
            stopped.signal()
        }
        stage.withLock { stage in
            guard case .starting = stage else {
                // `stop` was called meanwhile.
                mailbox.post(.stop)
                return
            }
            stage = .serving(mailbox, gauge)
        }
        return address
    }

    /// Accepts nothing more, finishes the requests in flight, ends event streams, and waits until no connection is
    /// left; false when `timeout` came first. Any thread but the server's, any number of times.
    @discardableResult
    package func drain(timeout: Duration) -> Bool {
        guard order(.drain) else { return true }
        return drained.wait(leaving: 0, until: Moment.after(Moment.now(), timeout))
    }

    /// Closes everything and waits until the thread has ended; before `start` it prevents it. Any thread but the
    /// server's, any number of times.
    package func stop() {
        let wasServing = order(.stop)
        let mustWait = stage.withLock { stage in
            if case .stopped(true) = stage { return true }
            stage = .stopped(wasServing: wasServing)
            return wasServing
        }
        guard mustWait else { return }
        _ = stopped.wait(leaving: 0)
    }

    /// Whether the server's thread has not come round for so long although it was asked to; asks it, so that the answer
    /// is right from the second time on. A server that does not run is not stuck.
    package func isStuck(for limit: Duration) -> Bool {
        stage.withLock { stage in
            guard case .serving(let mailbox, _) = stage else { return false }
            return .nanoseconds(mailbox.askForLife()) > limit
        }
    }

    /// Open connections.
    package var connectionCount: Int {
        stage.withLock { stage in
            guard case .serving(_, let gauge) = stage else { return 0 }
            return gauge.value
        }
    }

    /// How often another thread has woken the server's.
    package var wakeCount: Int {
        stage.withLock { stage in
            guard case .serving(let mailbox, _) = stage else { return 0 }
            return mailbox.wakeCount
        }
    }

    /// Gives an order to the thread; false when there is none.
    private func order(_ order: Mailbox.Order) -> Bool {
        stage.withLock { stage in
            guard case .serving(let mailbox, _) = stage else { return false }
            mailbox.post(order)
            return true
        }
    }
}
