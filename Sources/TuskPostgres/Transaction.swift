import CLibPQ

/// The statements around a transaction.
enum TransactionStatement {
    static let commit = Statement(name: "commit", text: "commit")
    static let rollback = Statement(name: "rollback", text: "rollback", isReadOnly: true)

    /// Says everything a role or database may have another default for.
    static func begin(readOnly: Bool) -> Statement {
        let access = readOnly ? "read only" : "read write"
        return Statement(name: "begin", text: "begin isolation level read committed, \(access)", isReadOnly: true)
    }
}

extension Session {
    /// Runs `body` in a transaction, read committed: committed when it returns, rolled back when it throws. A session
    /// that cannot roll back is closed. `body` must not begin or end transactions. The deadline is for `begin` and
    /// `commit`, each call of the body has its own.
    ///
    /// Only an error of the commit itself can leave the outcome unknown. When a statement failed and `body` went on
    /// regardless, nothing is committed and 25P02 is thrown.
    package func transaction<Answer>(
        readOnly: Bool = false,
        deadline: Deadline? = nil,
        _ body: (Session) throws(PostgresError) -> Answer
    ) throws(PostgresError) -> Answer {
        try transaction(readOnly: readOnly, deadline: deadline, mapping: { $0 }, body)
    }

    /// The same for a body with errors of its own; `mapping` makes one from an error of `begin` or `commit`.
    package func transaction<Answer, Failure: Error>(
        readOnly: Bool = false,
        deadline: Deadline? = nil,
        mapping: (PostgresError) -> Failure,
        _ body: (Session) throws(Failure) -> Answer
    ) throws(Failure) -> Answer {
        precondition(!isInTransactionBody, "transactions do not nest")
        do throws(PostgresError) {
            try begin(readOnly: readOnly, deadline)
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

    func begin(readOnly: Bool, _ deadline: Deadline?) throws(PostgresError) {
        guard isUsable else { throw .closed }
        precondition(connection.transactionStatus == PQTRANS_IDLE, "a transaction is open already")
        let begin = TransactionStatement.begin(readOnly: readOnly)
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
