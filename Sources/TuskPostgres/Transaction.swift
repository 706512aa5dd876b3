import CLibPQ

/// How much of other transactions a transaction sees. `serializable` is left out: nothing here is written for it.
package enum Isolation: Sendable, Hashable {
    /// Each statement sees what was committed before it began.
    case readCommitted
    /// All statements see what was committed before the first one.
    case repeatableRead
}

/// The statements around a transaction.
enum TransactionStatement {
    static let commit = Statement(name: "commit", text: "commit")
    static let rollback = Statement(name: "rollback", text: "rollback", isReadOnly: true)

    /// Says everything a role or database may have another default for.
    static func begin(_ isolation: Isolation, readOnly: Bool) -> Statement {
        let level = isolation == .readCommitted ? "read committed" : "repeatable read"
        let access = readOnly ? "read only" : "read write"
        return Statement(name: "begin", text: "begin isolation level \(level), \(access)", isReadOnly: true)
    }
}

extension Session {
    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws. A session that cannot roll
    /// back is closed. `body` must not begin or end transactions. The deadline is for `begin` and `commit`, each call
    /// of the body has its own.
    ///
    /// Only an error of the commit itself can leave the outcome unknown. When a statement failed and `body` went on
    /// regardless, nothing is committed and 25P02 is thrown.
    package func transaction<Answer>(
        _ isolation: Isolation = .readCommitted,
        readOnly: Bool = false,
        deadline: Deadline? = nil,
        _ body: (Session) throws(PostgresError) -> Answer
    ) throws(PostgresError) -> Answer {
        try transaction(isolation, readOnly: readOnly, deadline: deadline, mapping: { $0 }, body)
    }

    /// The same for a body with errors of its own; `mapping` makes one from an error of `begin` or `commit`.
    package func transaction<Answer, Failure: Error>(
        _ isolation: Isolation = .readCommitted,
        readOnly: Bool = false,
        deadline: Deadline? = nil,
        mapping: (PostgresError) -> Failure,
        _ body: (Session) throws(Failure) -> Answer
    ) throws(Failure) -> Answer {
        precondition(!isInTransactionBody, "transactions do not nest")
        do throws(PostgresError) {
            try begin(isolation, readOnly: readOnly, deadline)
        } catch {
            throw mapping(error)
        }
        let answer: Answer
        do throws(Failure) {
            defer { (isInTransactionBody, isInReadOnlyBody) = (false, false) }
            (isInTransactionBody, isInReadOnlyBody) = (true, readOnly)
            answer = try body(self)
        } catch {
            if isUsable, connection.transactionStatus != PQTRANS_IDLE { abandonTransaction() }
            throw error
        }
        do throws(PostgresError) {
            try commit(readOnly: readOnly, deadline)
        } catch {
            throw mapping(error)
        }
        return answer
    }

    func begin(_ isolation: Isolation, readOnly: Bool, _ deadline: Deadline?) throws(PostgresError) {
        guard isUsable else { throw .closed }
        precondition(connection.transactionStatus == PQTRANS_IDLE, "a transaction is open already")
        let begin = TransactionStatement.begin(isolation, readOnly: readOnly)
        let isLocal = settings.settingsScope == .transaction
        try roundTrip((isLocal ? [begin, localSettings] : [begin]).map { ($0, Parameters()) }, deadline)
    }

    /// A failed transaction answers `commit` with the tag `ROLLBACK` and no error.
    private func commit(readOnly: Bool, _ deadline: Deadline?) throws(PostgresError) {
        let statement = Statement(name: "commit", text: "commit", isReadOnly: readOnly)
        guard try run(statement, deadline: deadline).commandTag != "COMMIT" else { return }
        throw .server(
            ServerError(
                sqlState: "25P02",
                message: "the transaction was rolled back because a statement in it had failed",
                statement: "commit"
            )
        )
    }
}
