import CLibPQ

/// Sends rows to the server with `copy ... from stdin`, in the format the statement names.
///
/// Nothing is copied until `finish`. A writer that is dropped before takes its session with it.
package final class CopyWriter {
    /// Larger pieces are cut, so that the deadline is looked at in between.
    private static let pieceBytesMax = 65_536

    private let session: Session
    private let statement: Statement
    private let ownsTransaction: Bool
    private var isOpen = true

    init(session: Session, statement: Statement, ownsTransaction: Bool) {
        self.session = session
        self.statement = statement
        self.ownsTransaction = ownsTransaction
    }

    deinit {
        if isOpen { session.close() }
    }

    /// Sends bytes, which need not end with a row, and waits while the server does not take them. The deadline is for
    /// this call.
    package func write(_ bytes: some Collection<UInt8>, deadline: Deadline? = nil) throws(PostgresError) {
        precondition(isOpen, "this copy has ended")
        let bytes = Array(bytes)
        try step(deadline) { deadline throws(PostgresError) in
            var rest = bytes[...]
            while !rest.isEmpty {
                let piece = rest.prefix(Self.pieceBytesMax)
                try session.connection.putCopyData(piece)
                try session.connection.flush(deadline)
                rest = rest.dropFirst(piece.count)
            }
        }
    }

    /// Ends the data. Returns how many rows were copied.
    package func finish(deadline: Deadline? = nil) throws(PostgresError) -> Int {
        precondition(isOpen, "this copy has ended")
        isOpen = false
        return try session.endingTransaction(ownsTransaction, deadline) { () throws(PostgresError) in
            try session.call(deadline, mayTakeEffect: !ownsTransaction) { deadline throws(PostgresError) in
                try session.connection.endCopy(reason: nil)
                try session.connection.flush(deadline)
                return try session.lastAnswer(statement.name, deadline).commandRowCount
            }
        }
    }

    /// Makes the server forget the data. `reason` is seen in its log.
    package func cancel(reason: String, deadline: Deadline? = nil) throws(PostgresError) {
        precondition(isOpen, "this copy has ended")
        isOpen = false
        do throws(PostgresError) {
            _ = try session.call(deadline, mayTakeEffect: false) { deadline throws(PostgresError) in
                try session.connection.endCopy(reason: reason)
                try session.connection.flush(deadline)
                return try session.lastAnswer(statement.name, deadline)
            }
        } catch .server(let error) where error.sqlState == "57014" {
            // This is how the server confirms it.
        }
        if ownsTransaction { session.abandonTransaction() }
    }

    /// Runs a step before the end.
    private func step(
        _ deadline: Deadline?,
        _ body: (Deadline) throws(PostgresError) -> Void
    ) throws(PostgresError) {
        do throws(PostgresError) {
            // Rows without their end change nothing.
            try session.call(deadline, mayTakeEffect: false, body)
        } catch {
            isOpen = session.isUsable
            throw error
        }
    }
}

/// Receives rows from the server with `copy ... to stdout`, in the format the statement names.
///
/// A reader that is dropped before the end takes its session with it.
package final class CopyReader {
    private let session: Session
    private let statement: Statement
    private let ownsTransaction: Bool
    private var isOpen = true

    init(session: Session, statement: Statement, ownsTransaction: Bool) {
        self.session = session
        self.statement = statement
        self.ownsTransaction = ownsTransaction
    }

    deinit {
        if isOpen { session.close() }
    }

    /// The next row as the server sends it, with its line end; nil after the last. The deadline is for this call.
    package func next(deadline: Deadline? = nil) throws(PostgresError) -> [UInt8]? {
        guard isOpen else { return nil }
        do throws(PostgresError) {
            let row = try session.call(deadline, mayTakeEffect: false) { deadline throws(PostgresError) in
                try session.connection.getCopyData(deadline)
            }
            if row != nil { return row }
        } catch {
            isOpen = false
            if ownsTransaction { session.abandonTransaction() }
            throw error
        }
        isOpen = false
        try session.endingTransaction(ownsTransaction, deadline) { () throws(PostgresError) in
            try session.call(deadline, mayTakeEffect: false) { deadline throws(PostgresError) in
                _ = try session.lastAnswer(statement.name, deadline)
            }
        }
        return nil
    }

    /// Stops before the end, at the price of the session: the server would send the rest otherwise.
    package func cancel() {
        guard isOpen else { return }
        isOpen = false
        session.close()
    }
}

extension Session {
    /// Starts `copy ... from stdin`.
    package func copyIn(_ statement: Statement, deadline: Deadline? = nil) throws(PostgresError) -> CopyWriter {
        let ownsTransaction = try startCopy(statement, PGRES_COPY_IN, deadline)
        return CopyWriter(session: self, statement: statement, ownsTransaction: ownsTransaction)
    }

    /// Starts `copy ... to stdout`.
    package func copyOut(_ statement: Statement, deadline: Deadline? = nil) throws(PostgresError) -> CopyReader {
        let ownsTransaction = try startCopy(statement, PGRES_COPY_OUT, deadline)
        return CopyReader(session: self, statement: statement, ownsTransaction: ownsTransaction)
    }

    /// Behind a pooler the copy needs a transaction around it for its settings. Returns whether it was begun here.
    private func startCopy(
        _ statement: Statement,
        _ expected: ExecStatusType,
        _ deadline: Deadline?
    ) throws(PostgresError) -> Bool {
        guard isUsable else { throw .closed }
        let ownsTransaction = needsLocalSettings
        if ownsTransaction { try begin(readOnly: false, deadline) }
        do throws(PostgresError) {
            try call(deadline, mayTakeEffect: false) { deadline throws(PostgresError) in
                try connection.send(statement, Parameters())
                try connection.flush(deadline)
                try expectCopy(statement, expected, deadline)
            }
        } catch {
            if ownsTransaction { abandonTransaction() }
            throw error
        }
        return ownsTransaction
    }

    private func expectCopy(
        _ statement: Statement,
        _ expected: ExecStatusType,
        _ deadline: Deadline
    ) throws(PostgresError) {
        guard let result = unsafe try connection.nextResult(deadline) else {
            throw .protocolViolation("no answer to \(statement.name)")
        }
        let answer = unsafe ResultSet(owning: result)
        guard answer.status != expected else { return }
        do throws(PostgresError) {
            try check(answer, statement.name)
        } catch {
            // After an error there is one more nil to read, after which the session is ready again.
            if case .server = error { _ = unsafe try connection.nextResult(deadline) }
            throw error
        }
        throw .protocolViolation("\(statement.name) is not a copy in this direction")
    }

    /// Runs the last step of a copy and ends the transaction around it, if it has one.
    func endingTransaction<Answer>(
        _ ownsTransaction: Bool,
        _ deadline: Deadline?,
        _ body: () throws(PostgresError) -> Answer
    ) throws(PostgresError) -> Answer {
        guard ownsTransaction else { return try body() }
        let answer: Answer
        do throws(PostgresError) {
            answer = try body()
        } catch {
            abandonTransaction()
            throw error
        }
        _ = try run(TransactionStatement.commit, deadline: deadline)
        return answer
    }
}
