import CLibPQ
import Glibc

/// One libpq connection: sending, waiting and reading, never longer than a deadline.
///
/// Nothing here blocks but `poll(2)`; libpq is in its non-blocking mode. One thread at a time uses a connection.
/// Source: PostgreSQL 15 manual, 34.4 "Asynchronous Command Processing".
@safe final class Connection {
    private var handle: OpaquePointer?
    private let notices = NoticeLog()
    private let secrets: [String]

    /// Connects with one set of parameters.
    init(_ parameters: [String: String], secrets: [String], deadline: Deadline) throws(PostgresError) {
        self.secrets = secrets
        unsafe handle = Self.start(parameters)
        guard let handle = unsafe handle else { throw .connection(message: "out of memory", sent: false) }
        // With the SQLSTATE in the text: libpq tells it no other way while connecting.
        unsafe PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
        unsafe notices.attach(to: handle)
        do throws(PostgresError) {
            try unsafe finishConnecting(handle, deadline)
        } catch {
            close()
            throw error
        }
        unsafe PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
    }

    deinit {
        close()
    }

    /// Ends the connection; any number of times.
    func close() {
        guard let handle = unsafe handle else { return }
        unsafe self.handle = nil
        unsafe PQfinish(handle)
    }

    var isOpen: Bool { unsafe handle != nil }

    /// The connection, or an error once it is closed.
    func opened() throws(PostgresError) -> OpaquePointer {
        guard let handle = unsafe handle else { throw .closed }
        return unsafe handle
    }

    private static func start(_ parameters: [String: String]) -> OpaquePointer? {
        var keywords = unsafe [UnsafePointer<CChar>?]()
        var values = unsafe [UnsafePointer<CChar>?]()
        for (keyword, value) in parameters {
            unsafe keywords.append(UnsafePointer(unsafe strdup(keyword)))
            unsafe values.append(UnsafePointer(unsafe strdup(value)))
        }
        defer {
            for index in 0..<parameters.count {
                unsafe free(UnsafeMutablePointer(mutating: keywords[index]))
                unsafe free(UnsafeMutablePointer(mutating: values[index]))
            }
        }
        // Both lists end with null.
        return unsafe PQconnectStartParams(keywords + [nil], values + [nil], 0)
    }

    /// Follows libpq through the handshake; the socket may change from step to step.
    private func finishConnecting(_ handle: OpaquePointer, _ deadline: Deadline) throws(PostgresError) {
        guard unsafe PQstatus(handle) != CONNECTION_BAD else { throw unsafe connectionFailure(handle) }
        var step = PGRES_POLLING_WRITING
        while step != PGRES_POLLING_OK {
            switch step {
            case PGRES_POLLING_READING: try unsafe wait(handle, POLLIN, deadline, whileConnecting: true)
            case PGRES_POLLING_WRITING: try unsafe wait(handle, POLLOUT, deadline, whileConnecting: true)
            default: throw unsafe connectionFailure(handle)
            }
            step = unsafe PQconnectPoll(handle)
        }
        guard unsafe PQsetnonblocking(handle, 1) == 0 else { throw failure(sent: false) }
    }

    /// The message of a failed handshake, with the server's SQLSTATE when it was the server that refused.
    private func connectionFailure(_ handle: OpaquePointer) -> PostgresError {
        let text = unsafe message(handle)
        guard let (sqlState, message) = VerboseMessage.parse(text) else {
            return .connection(message: VerboseMessage.oneLine(text), sent: false)
        }
        return .server(ServerError(severity: "FATAL", sqlState: sqlState, message: message, statement: "connect"))
    }

    /// libpq's last message without the password.
    private func message(_ handle: OpaquePointer) -> String {
        var secrets = secrets
        if let password = unsafe PQpass(handle) { unsafe secrets.append(String(cString: password)) }
        return VerboseMessage.scrub(unsafe String(cString: PQerrorMessage(handle)), of: secrets)
    }

    /// Why libpq could not go on. The connection is closed: after such a failure nobody knows what is in its buffers.
    func failure(sent: Bool) -> PostgresError {
        guard let handle = unsafe handle else { return .closed }
        let isBroken = unsafe PQstatus(handle) == CONNECTION_BAD
        let text = unsafe VerboseMessage.oneLine(message(handle))
        close()
        return isBroken ? .connection(message: text, sent: sent) : .protocolViolation(text)
    }
}

/// What libpq tells without asking the server.
extension Connection {
    var serverVersion: Int { unsafe handle.map { unsafe Int(PQserverVersion($0)) } ?? 0 }

    var backendPID: Int32 { unsafe handle.map { unsafe PQbackendPID($0) } ?? 0 }

    /// Whether a transaction is open, failed, or none is.
    var transactionStatus: PGTransactionStatusType {
        unsafe handle.map { unsafe PQtransactionStatus($0) } ?? PQTRANS_UNKNOWN
    }

    /// Whether statements can be sent.
    var isReady: Bool {
        guard let handle = unsafe handle else { return false }
        return unsafe PQstatus(handle) == CONNECTION_OK && !notices.hasFatal
    }

    /// A value the server announces by itself, such as `server_encoding`.
    func announced(_ name: String) -> String? {
        guard let handle = unsafe handle, let value = unsafe PQparameterStatus(handle, name) else { return nil }
        return unsafe String(cString: value)
    }

    func takeNotices() -> [Notice] { notices.take() }
}

/// Waiting, sending and reading.
extension Connection {
    /// Waits until the socket is ready, `wake` is readable, or the deadline passes. Returns the socket's readiness;
    /// zero when only `wake` was ready. A signal does not end the wait.
    @discardableResult
    private func wait(
        _ handle: OpaquePointer,
        _ events: Int32,
        _ deadline: Deadline,
        wake: Int32? = nil,
        whileConnecting: Bool = false
    ) throws(PostgresError) -> Int32 {
        let socket = unsafe PQsocket(handle)
        guard socket >= 0 else { throw failure(sent: !whileConnecting) }
        while true {
            var watched = (
                pollfd(fd: socket, events: Int16(events), revents: 0),
                pollfd(fd: wake ?? -1, events: Int16(POLLIN), revents: 0)
            )
            let count = unsafe withUnsafeMutableBytes(of: &watched) { bytes in
                unsafe poll(bytes.bindMemory(to: pollfd.self).baseAddress, 2, deadline.remainingMilliseconds)
            }
            let code = errno
            if count > 0 { return Int32(watched.0.revents) }
            if count == 0 {
                // poll counts in whole milliseconds and may be early by a fraction of one.
                guard deadline.hasPassed else { continue }
                throw unsafe whileConnecting ? noAnswer(handle) : .deadline(sent: true)
            }
            guard code == EINTR else {
                close()
                throw .connection(message: "poll failed with errno \(code)", sent: !whileConnecting)
            }
        }
    }

    private func noAnswer(_ handle: OpaquePointer) -> PostgresError {
        let host = unsafe PQhost(handle).map { unsafe String(cString: $0) } ?? ""
        let port = unsafe PQport(handle).map { unsafe String(cString: $0) } ?? ""
        return .connection(message: "no answer from host \"\(host)\", port \(port) in time", sent: false)
    }

    /// Puts a statement into libpq's buffer, which copies the parameters, and sends what the socket takes at once.
    func send(_ statement: Statement, _ parameters: Parameters) throws(PostgresError) {
        let handle = try unsafe opened()
        let isTaken = unsafe parameters.withPointers { types, values, lengths, formats in
            unsafe PQsendQueryParams(
                handle,
                statement.text,
                Int32(parameters.count),
                types,
                values,
                lengths,
                formats,
                1
            )
        }
        guard isTaken == 1 else { throw failure(sent: true) }
    }

    /// The same for a statement that the server keeps since `sendPrepare`.
    func sendPrepared(_ statement: Statement, _ parameters: Parameters) throws(PostgresError) {
        let handle = try unsafe opened()
        let isTaken = unsafe parameters.withPointers { _, values, lengths, formats in
            unsafe PQsendQueryPrepared(
                handle,
                statement.name,
                Int32(parameters.count),
                values,
                lengths,
                formats,
                1
            )
        }
        guard isTaken == 1 else { throw failure(sent: true) }
    }

    /// Asks the server to keep a statement under its name, for parameters of these types.
    func sendPrepare(_ statement: Statement, _ parameters: Parameters) throws(PostgresError) {
        let handle = try unsafe opened()
        let isTaken = unsafe parameters.withPointers { types, _, _, _ in
            unsafe PQsendPrepare(handle, statement.name, statement.text, Int32(parameters.count), types)
        }
        guard isTaken == 1 else { throw failure(sent: true) }
    }

    /// The same for several statements in one text, without parameters, by the simple protocol.
    func send(script: String) throws(PostgresError) {
        guard unsafe PQsendQuery(try opened(), script) == 1 else { throw failure(sent: true) }
    }

    func enterPipeline() throws(PostgresError) {
        guard unsafe PQenterPipelineMode(try opened()) == 1 else { throw failure(sent: true) }
    }

    /// Ends the pipeline's transaction, unless one was begun explicitly.
    func markPipelineEnd() throws(PostgresError) {
        guard unsafe PQpipelineSync(try opened()) == 1 else { throw failure(sent: true) }
    }

    func exitPipeline() throws(PostgresError) {
        guard unsafe PQexitPipelineMode(try opened()) == 1 else { throw failure(sent: true) }
    }

    /// Pushes out what libpq has buffered, reading meanwhile so that neither side waits for the other for ever.
    func flush(_ deadline: Deadline) throws(PostgresError) {
        let handle = try unsafe opened()
        while true {
            switch unsafe PQflush(handle) {
            case 0: return
            case 1:
                let ready = try unsafe wait(handle, POLLIN | POLLOUT, deadline)
                if ready & ~POLLOUT != 0, unsafe PQconsumeInput(handle) == 0 { throw failure(sent: true) }
            default: throw failure(sent: true)
            }
        }
    }

    /// The next result of what was sent, nil when there are no more.
    func nextResult(_ deadline: Deadline) throws(PostgresError) -> OpaquePointer? {
        let handle = try unsafe opened()
        while unsafe PQisBusy(handle) != 0 {
            try awaitInput(deadline)
        }
        return unsafe PQgetResult(handle)
    }

    /// Waits for input and takes it in.
    func awaitInput(_ deadline: Deadline) throws(PostgresError) {
        let handle = try unsafe opened()
        try unsafe wait(handle, POLLIN, deadline)
        if unsafe PQconsumeInput(handle) == 0 { throw failure(sent: true) }
    }

    /// Waits once for input and takes it in. Returns whether the socket had any; a passed deadline is not an error.
    func waitForInput(until deadline: Deadline, wake: Int32?) throws(PostgresError) -> Bool {
        let handle = try unsafe opened()
        do throws(PostgresError) {
            let ready = try unsafe wait(handle, POLLIN, deadline, wake: wake)
            guard ready != 0 else { return false }
        } catch .deadline {
            return false
        }
        guard unsafe PQconsumeInput(handle) == 1 else { throw failure(sent: false) }
        // Makes libpq look at what came, in case it is the announcement of an end.
        _ = unsafe PQisBusy(handle)
        return true
    }

    /// A notification that has come in already.
    func nextNotification() -> Notification? {
        guard let handle = unsafe handle, let notify = unsafe PQnotifies(handle) else { return nil }
        defer { unsafe PQfreemem(notify) }
        return unsafe Notification(
            channel: String(cString: notify.pointee.relname),
            payload: String(cString: notify.pointee.extra),
            senderPID: notify.pointee.be_pid
        )
    }
}
