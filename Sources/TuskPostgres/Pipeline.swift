import CLibPQ

extension Session {
    /// Sends all calls in one go and reads all answers: one round trip, one transaction, unless `begin` and `commit`
    /// are among the calls. When one fails, those after it are not run, and its error is thrown.
    ///
    /// Source: PostgreSQL 15 manual, 34.5 "Pipeline Mode".
    package func pipeline(
        _ calls: [(Statement, Parameters)],
        deadline: Deadline? = nil
    ) throws(PostgresError) -> [ResultSet] {
        guard !calls.isEmpty else { return [] }
        guard needsLocalSettings else { return try roundTrip(calls, deadline) }
        return Array(try roundTrip(wrapped(calls), deadline)[2..<(2 + calls.count)])
    }

    /// Runs a statement and, once it is committed, another in a transaction of its own, in one round trip. What becomes
    /// of the other is not told. Behind a pooler the other is not run; the answer says whether it was sent.
    package func run(
        _ statement: Statement,
        _ parameters: Parameters,
        then next: Statement,
        _ nextParameters: Parameters
    ) throws(PostgresError) -> (answer: ResultSet, isNextSent: Bool) {
        guard settings.settingsScope == .session, connection.transactionStatus == PQTRANS_IDLE else {
            return (try run(statement, parameters), false)
        }
        let answer = try call(nil, mayTakeEffect: true) { deadline throws(PostgresError) in
            try self.keep(statement, parameters, deadline)
            try self.keep(next, nextParameters, deadline)
            try self.connection.enterPipeline()
            try self.send(statement, parameters)
            try self.connection.markPipelineEnd()
            try self.send(next, nextParameters)
            try self.connection.markPipelineEnd()
            try self.connection.flush(deadline)
            return try self.answer(to: statement.name, before: next.name, deadline)
        }
        return (answer, true)
    }

    /// Reads the answers of two pipelines and returns the first. It was committed when its end came, so it stands
    /// whatever happens after.
    private func answer(
        to name: String,
        before next: String,
        _ deadline: Deadline
    ) throws(PostgresError) -> ResultSet {
        var answers: [ResultSet] = []
        var failure: PostgresError?
        do throws(PostgresError) {
            try collect(&answers, [name], deadline, isLast: false)
        } catch {
            guard case .server(let serverError) = error, !serverError.endsSession else { throw error }
            failure = error
        }
        do throws(PostgresError) {
            var others: [ResultSet] = []
            try collect(&others, [next], deadline)
        } catch {
            leaveCommitted(after: error)
        }
        if let failure { throw failure }
        return answers[0]
    }

    /// Sends the calls as they are.
    @discardableResult
    func roundTrip(
        _ calls: [(Statement, Parameters)],
        _ deadline: Deadline?
    ) throws(PostgresError) -> [ResultSet] {
        // The commit around wrapped calls changes nothing by itself.
        let isReadOnly = calls.allSatisfy { $0.0.isReadOnly || $0.0 == TransactionStatement.commit }
        return try call(deadline, mayTakeEffect: !isReadOnly) { deadline throws(PostgresError) in
            for (statement, parameters) in calls { try self.keep(statement, parameters, deadline) }
            try self.connection.enterPipeline()
            for (statement, parameters) in calls { try self.send(statement, parameters) }
            try self.connection.markPipelineEnd()
            try self.connection.flush(deadline)
            return try self.answers(to: calls.map(\.0.name), deadline)
        }
    }

    /// The calls with their settings, in a transaction of their own.
    private func wrapped(_ calls: [(Statement, Parameters)]) -> [(Statement, Parameters)] {
        [
            (TransactionStatement.begin(readOnly: false), Parameters()),
            (localSettings, Parameters()),
        ] + calls + [(TransactionStatement.commit, Parameters())]
    }

    /// What was committed explicitly stays so, whatever happens to the connection afterwards.
    private func answers(to names: [String], _ deadline: Deadline) throws(PostgresError) -> [ResultSet] {
        var answers: [ResultSet] = []
        do throws(PostgresError) {
            try collect(&answers, names, deadline)
        } catch {
            guard answers.count == names.count, answers.last?.commandTag == "COMMIT" else { throw error }
            leaveCommitted(after: error)
        }
        return answers
    }

    /// Reads until the pipeline's end: each call has its results and then a nil. Throws the first error, if any. After
    /// the last of several the connection leaves the pipeline mode.
    private func collect(
        _ answers: inout [ResultSet],
        _ names: [String],
        _ deadline: Deadline,
        isLast: Bool = true
    ) throws(PostgresError) {
        var failure: PostgresError?
        var finished = 0
        reading: while true {
            guard let result = unsafe try connection.nextResult(deadline) else {
                finished += 1
                // One more nil may follow an error of the implicit commit.
                guard finished <= names.count + 1 else { throw .protocolViolation("a pipeline without an end") }
                continue
            }
            let next = unsafe ResultSet(owning: result)
            switch next.status {
            case PGRES_PIPELINE_SYNC: break reading
            case PGRES_PIPELINE_ABORTED: continue
            default: break
            }
            do throws(PostgresError) {
                try check(next, finished < names.count ? names[finished] : "commit")
                answers.append(next)
            } catch {
                guard case .server(let serverError) = error, !serverError.endsSession else { throw failure ?? error }
                failure = failure ?? error
            }
        }
        if isLast { try connection.exitPipeline() }
        if let failure { throw failure }
        guard answers.count == names.count else {
            throw .protocolViolation("\(answers.count) answers to \(names.count) calls")
        }
    }
}
