import Glibc
import TuskAPI
import TuskHTTP
import TuskStore
import TuskTelemetry

/// The HTTP API of a process.
final class APIRole: ServiceRole {
    let name = "api"
    private let parts: ServiceParts
    private let store: Store
    private let api: API
    private let server: HTTPServer
    private let isOpen: Bool
    private let noticeTime: Duration

    /// How long `/readyz` says `draining` before the server accepts nothing more, so that a balancer that asks every
    /// second or two has stopped sending requests here. It is part of the time that the drain may take.
    static let noticeTime = Duration.seconds(3)

    /// A thread that answers all requests and has not come round for so long is stuck. A round takes milliseconds.
    private static let stuckTime = Duration.seconds(5)

    /// Clients wait that long for their 503 when the database hangs.
    private static let callTimeoutMax = Duration.seconds(2)

    /// An API that is not started. `isOpen`: everybody may do everything. `noticeTime`: how long others are told that
    /// it goes away before it does.
    init(_ parts: ServiceParts, isOpen: Bool, noticeTime: Duration = noticeTime) throws(CommandError) {
        self.parts = parts
        self.noticeTime = noticeTime
        self.isOpen = isOpen
        var configuration = APIConfiguration()
        configuration.version = Program.version
        configuration.allowsAnonymous = isOpen
        let address = parts.configuration.text(.listen) ?? ""
        if let refusal = configuration.refusalToListen(at: address) {
            throw CommandError(
                .configuration,
                refusal,
                hint: "Listen on 127.0.0.1, or create a key with tusk key create."
            )
        }
        store = try parts.store(
            "tusk-api",
            callTimeoutMax: Self.callTimeoutMax,
            sessionsMax: configuration.sessionsMax
        )
        let notifier = parts.notifier
        api = API(
            store: store,
            configuration: configuration,
            registry: parts.registry,
            logger: parts.logger,
            tracer: parts.tracer,
            wake: { notifier.wake($0) }
        )
        server = api.server(HTTPServerConfiguration(address: address))
    }

    func start() throws(CommandError) -> String {
        try warnWithoutKeys()
        api.start()
        do throws(HTTPServerError) {
            let address = try server.start()
            return "http://\(address)"
        } catch {
            api.stop()
            throw CommandError(error, option: .listen)
        }
    }

    func drain(within limit: Duration) {
        let end = ContinuousClock.now.advanced(by: limit)
        api.drain()
        parts.signals.wait(for: .now, limit: min(noticeTime, limit))
        server.drain(timeout: max(.zero, ContinuousClock.now.duration(to: end)))
    }

    func stop() {
        server.stop()
        api.stop()
        store.close()
    }

    var isStuck: Bool { server.isStuck(for: Self.stuckTime) }

    private func warnWithoutKeys() throws(CommandError) {
        guard !isOpen else { return }
        let (keys, now) = try parts.database.with { session throws(StoreError) in
            (try session.keys(), try session.health().moment)
        }
        let hasLiveKey = keys.contains { $0.revokedAt == nil && $0.expiresAt.map { $0 > now } ?? true }
        guard !hasLiveKey else { return }
        parts.logger.warning(
            "no API key works, so every request is refused; run: tusk key create --name admin --scope admin"
        )
    }
}

extension CommandError {
    /// Why a server did not start, with the option that says where.
    init(_ error: HTTPServerError, option: Option) {
        let another = "Choose another with \(option.flag), such as \(option.flag) 127.0.0.1:8081."
        switch error {
        case .badAddress(let address):
            self.init(.usage, "\(option.flag): \(address) is no address to listen at")
        case .addressInUse(let address, _):
            self.init(
                .busy,
                "port \(Self.port(address)) is taken: another process listens at \(address)",
                hint: another
            )
        case .addressNotAvailable(let address, _):
            self.init(.configuration, "this machine does not have the address \(address)", hint: another)
        case .permissionDenied(let address, _):
            self.init(
                .denied,
                "this user may not listen at \(address)",
                hint: "Ports below 1024 are the administrator's. \(another)"
            )
        case .listen(let address, let call, let number):
            self.init(.failure, "cannot listen at \(address): \(call): \(SystemError.words(number))")
        case .system(let call, let number):
            self.init(.failure, "cannot start the HTTP server: \(call): \(SystemError.words(number))")
        case .alreadyStarted:
            self.init(.failure, "the HTTP server was started before")
        }
    }

    /// The obstacle to listening at an address, found before anything was started.
    init?(obstacleAt address: ListenAddress, option: Option) {
        switch address.obstacle() {
        case EADDRINUSE: self.init(.addressInUse(address.text, errno: EADDRINUSE), option: option)
        case EADDRNOTAVAIL: self.init(.addressNotAvailable(address.text, errno: EADDRNOTAVAIL), option: option)
        case EACCES: self.init(.permissionDenied(address.text, errno: EACCES), option: option)
        default: return nil
        }
    }

    private static func port(_ address: String) -> String {
        ListenAddress(address).map { String($0.port) } ?? address
    }
}
