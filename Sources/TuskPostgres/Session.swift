import CLibPQ

/// One session of the server: one libpq connection, used by one thread at a time, for calls that block that thread
/// until the answer is there or the deadline has passed.
///
/// After an error of the server the session goes on, with no transaction open that was not open before the call. After
/// a lost connection, a deadline that passed with something sent, or an answer that does not fit, it is closed.
package final class Session {
    /// What it was opened with.
    package let settings: ConnectionSettings
    let connection: Connection
    /// Whether a body of `transaction` runs. What fails in it is rolled back, so its outcome is known.
    package internal(set) var isInTransactionBody = false
    /// Whether that transaction was declared read-only.
    var isInReadOnlyBody = false
    /// What a pool should think of the server after what this session has seen.
    private(set) var verdict = Verdict.sound
    /// Notifications that came while something else was waited for.
    var pendingNotifications: [Notification] = []
    /// Whether the session waits for notifications and must not be lent to others.
    var isListening = false

    /// Names of the statements that the server keeps for this session.
    private var keptNames: Set<String> = []
    /// When they are to be planned anew.
    private var keptUntil = ContinuousClock.now

    /// Sets everything for the open transaction only.
    lazy var localSettings = SessionSettings(settings, serverVersion: serverVersion).statement(local: true)

    /// What a session's errors say about the others of the same pool.
    enum Verdict {
        /// Nothing bad.
        case sound
        /// A call got no answer in time: the others should prove themselves before they are used.
        case suspicious
        /// The connection was lost, or the server stops or is no longer the primary.
        case condemned
    }

    /// Connects to the first host that takes us, and makes the session's settings. Throws `.configuration` for a server
    /// whose settings cannot be made right.
    package init(_ settings: ConnectionSettings, deadline: Deadline? = nil) throws(PostgresError) {
        let deadline = deadline ?? .after(settings.connectTimeout)
        self.settings = settings
        connection = try Self.connect(settings, deadline)
        do throws(PostgresError) {
            try prepare(deadline)
        } catch {
            connection.close()
            throw error
        }
    }

    /// Whether calls can still succeed.
    package var isUsable: Bool { connection.isReady }

    /// Closes the connection; any number of times.
    package func close() {
        connection.close()
    }

    /// The server's version: 150004 is 15.4.
    package var serverVersion: Int { connection.serverVersion }

    /// The process number of the server's end, as in `pg_stat_activity`.
    package var backendPID: Int32 { connection.backendPID }

    /// The notices since the last call, oldest first; at most 32 are kept.
    package func takeNotices() -> [Notice] { connection.takeNotices() }

    /// Runs one statement and returns its rows.
    package func run(
        _ statement: Statement,
        _ parameters: Parameters = Parameters(),
        deadline: Deadline? = nil
    ) throws(PostgresError) -> ResultSet {
        if needsLocalSettings {
            return try pipeline([(statement, parameters)], deadline: deadline)[0]
        }
        return try call(deadline, mayTakeEffect: !statement.isReadOnly) { deadline throws(PostgresError) in
            try self.keep(statement, parameters, deadline)
            try self.send(statement, parameters)
            try self.connection.flush(deadline)
            return try self.lastAnswer(statement.name, deadline)
        }
    }

    /// Runs several statements separated by semicolons, by the simple protocol: one transaction, unless the text has
    /// its own `begin` and `commit`. Behind a pooler it runs without the session's settings, unless in `transaction`.
    package func script(_ text: String, deadline: Deadline? = nil) throws(PostgresError) {
        precondition(!text.utf8.contains(0), "a script cannot contain a NUL byte")
        try call(deadline, mayTakeEffect: true) { deadline throws(PostgresError) in
            try self.connection.send(script: text)
            try self.connection.flush(deadline)
            _ = try self.lastAnswer("script", deadline)
        }
    }
}

/// Statements that the server keeps, with their plans.
///
/// Only sessions of our own with pinned plans do so: behind a pooler a name may be unknown to the next server process,
/// and a plan that could scan or hash would be right for the sizes of the tables at its first use only. Even so no plan
/// is kept for longer than a minute: one that was made for empty tables may read all of a small one.
extension Session {
    /// How long plans are kept.
    private static let keptTime = Duration.seconds(60)
    private static let forgetPlans = Statement(name: "forget_plans", text: "discard plans")

    private func isKept(_ statement: Statement) -> Bool {
        statement.isKept && settings.keepsPlans
    }

    /// Prepares a statement at its first use.
    func keep(_ statement: Statement, _ parameters: Parameters, _ deadline: Deadline) throws(PostgresError) {
        guard isKept(statement) else { return }
        let now = ContinuousClock.now
        if keptUntil <= now, connection.transactionStatus == PQTRANS_IDLE {
            try connection.send(Self.forgetPlans, Parameters())
            try connection.flush(deadline)
            _ = try lastAnswer(Self.forgetPlans.name, deadline)
            keptUntil = now.advanced(by: Self.keptTime)
        }
        guard !keptNames.contains(statement.name) else { return }
        try connection.sendPrepare(statement, parameters)
        try connection.flush(deadline)
        _ = try lastAnswer(statement.name, deadline)
        keptNames.insert(statement.name)
    }

    /// Sends a statement, by its name when the server knows it.
    func send(_ statement: Statement, _ parameters: Parameters) throws(PostgresError) {
        if isKept(statement) {
            try connection.sendPrepared(statement, parameters)
        } else {
            try connection.send(statement, parameters)
        }
    }

    /// Somebody else told the server to forget them all; the next use of each prepares it again.
    fileprivate func forgetKept() {
        keptNames = []
    }
}

/// Connecting.
extension Session {
    /// Tries the hosts in turn; each attempt has an equal share of the time that is left.
    private static func connect(
        _ settings: ConnectionSettings,
        _ deadline: Deadline
    ) throws(PostgresError) -> Connection {
        let attempts = settings.conninfo.attempts(applicationName: settings.applicationName)
        var failures: [PostgresError] = []
        for (index, parameters) in attempts.enumerated() {
            guard !deadline.hasPassed else { break }
            let share = deadline.remaining / (attempts.count - index)
            do throws(PostgresError) {
                let secrets = settings.conninfo.secretValues
                return try Connection(parameters, secrets: secrets, deadline: .after(share))
            } catch {
                failures.append(error)
            }
        }
        throw summary(failures)
    }

    /// One error for all attempts: the server's own words, where there are any, tell more than a refused connection.
    private static func summary(_ failures: [PostgresError]) -> PostgresError {
        guard failures.count > 1 else { return failures.first ?? .deadline(sent: false) }
        let message = failures.map(\.message).joined(separator: "; ")
        for case .server(var error) in failures {
            error.message = message
            return .server(error)
        }
        return .connection(message: message, sent: false)
    }

    /// Makes the settings and looks at what cannot be set, in one round trip.
    private func prepare(_ deadline: Deadline) throws(PostgresError) {
        if settings.needsUTF8, let encoding = connection.announced("server_encoding"), encoding != "UTF8" {
            throw .configuration("the database's encoding is \(encoding), needed is UTF8")
        }
        let wanted = SessionSettings(settings, serverVersion: serverVersion)
        guard settings.settingsScope == .session else {
            let answers = try pipeline([(SessionSettings.inspection, Parameters())], deadline: deadline)
            return try SessionSettings.checkInspection(answers[0])
        }
        // The role's statement_timeout must not hit the statement that overrides it, so that one goes first.
        let calls = [SessionSettings.withoutTimeout, wanted.statement(local: false), SessionSettings.inspection]
        let answers = try pipeline(calls.map { ($0, Parameters()) }, deadline: deadline)
        try wanted.check(answers[1])
        try SessionSettings.checkInspection(answers[2])
    }
}

/// The frame of every call.
extension Session {
    /// Whether this call must bring its settings along: behind a pooler, outside a transaction.
    var needsLocalSettings: Bool {
        settings.settingsScope == .transaction && connection.transactionStatus == PQTRANS_IDLE
    }

    /// Runs `body` under a deadline. When it fails, the session is left either clean or closed, and the error says
    /// whether what was sent may have taken effect.
    func call<Answer>(
        _ deadline: Deadline?,
        mayTakeEffect: Bool,
        _ body: (Deadline) throws(PostgresError) -> Answer
    ) throws(PostgresError) -> Answer {
        guard isUsable else { throw .closed }
        let deadline = deadline ?? .after(settings.callTimeout)
        guard !deadline.hasPassed else { throw .deadline(sent: false) }
        let wasIdle = connection.transactionStatus == PQTRANS_IDLE
        do throws(PostgresError) {
            return try body(deadline)
        } catch {
            throw leave(after: error, wasIdle: wasIdle, mayTakeEffect: mayTakeEffect && !isInTransactionBody)
        }
    }

    func leave(after error: PostgresError, wasIdle: Bool, mayTakeEffect: Bool) -> PostgresError {
        switch error {
        case .deadline(let sent):
            verdict = max(verdict, .suspicious)
            close()
            return .deadline(sent: sent && mayTakeEffect)
        case .connection(let message, let sent):
            verdict = .condemned
            close()
            return .connection(message: message, sent: sent && mayTakeEffect)
        case .server(let error):
            note(error)
            if wasIdle && connection.transactionStatus != PQTRANS_IDLE { abandonTransaction() }
        case .protocolViolation(let message, _):
            close()
            return .protocolViolation(message, sent: mayTakeEffect)
        case .closed, .configuration:
            close()
        }
        return error
    }

    /// Remembers an error that came after the answer to an explicit commit.
    func leaveCommitted(after error: PostgresError) {
        _ = leave(after: error, wasIdle: false, mayTakeEffect: false)
    }

    private func note(_ error: ServerError) {
        // A write in a transaction that the caller declared read-only is the caller's mistake.
        if error.condemnsServer, !(error.sqlState == "25006" && isInReadOnlyBody) { verdict = .condemned }
        if error.endsSession { close() }
        if error.sqlState == "26000" { forgetKept() }
    }

    /// Rolls back what a failed call has left open; a session that cannot even do that is closed.
    func abandonTransaction() {
        guard isUsable else { return close() }
        do throws(PostgresError) {
            let deadline = Deadline.after(settings.callTimeout)
            try connection.send(script: "rollback")
            try connection.flush(deadline)
            _ = try lastAnswer("rollback", deadline)
        } catch {
            close()
        }
    }

    /// Reads all results of a call and returns the last. An error among them counts, also after rows: the implicit
    /// commit comes last and can fail. But what was committed explicitly stays so, whatever happens to the connection.
    func lastAnswer(_ name: String, _ deadline: Deadline) throws(PostgresError) -> ResultSet {
        var answer: ResultSet?
        var failure: PostgresError?
        do throws(PostgresError) {
            while let result = unsafe try connection.nextResult(deadline) {
                let next = unsafe ResultSet(owning: result)
                do throws(PostgresError) {
                    try check(next, name)
                    answer = next
                } catch {
                    failure = failure ?? error
                    guard case .server = error else { throw error }
                }
            }
        } catch {
            failure = failure ?? error
        }
        if let answer, failure == nil || answer.commandTag == "COMMIT" {
            if let failure { leaveCommitted(after: failure) }
            return answer
        }
        throw failure ?? .protocolViolation("no answer to \(name)")
    }

    /// Throws when a result is not a success.
    func check(_ answer: ResultSet, _ name: String) throws(PostgresError) {
        switch answer.status {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
            return
        case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE:
            let error = answer.serverError(statement: name)
            guard error.sqlState.isEmpty else { throw .server(error) }
            throw connection.failure(sent: true)
        default:
            connection.close()
            throw .protocolViolation("unexpected answer to \(name)")
        }
    }
}

extension Session.Verdict: Comparable {}

/// Signs of life.
extension Session {
    /// Whether nothing has been heard of an end while nobody used the session. Does not ask the server.
    func looksAlive() -> Bool {
        guard isUsable else { return false }
        do throws(PostgresError) {
            _ = try connection.waitForInput(until: .after(.zero), wake: nil)
        } catch {
            return false
        }
        return isUsable
    }

    /// Whether the server answers. A session that waits for notifications is asked from time to time: silence may mean
    /// that nothing was sent, or that nothing arrives any more.
    package func provesAlive(deadline: Deadline) -> Bool {
        do throws(PostgresError) {
            let question = Statement(name: "prove_alive", text: "select 1", isReadOnly: true)
            _ = try run(question, deadline: deadline)
            return true
        } catch {
            return false
        }
    }

    /// Whether the session is as it was when it was opened: no transaction open, no COPY, no channel listened to.
    var isFitForOthers: Bool {
        isUsable && !isListening && connection.transactionStatus == PQTRANS_IDLE
    }
}
