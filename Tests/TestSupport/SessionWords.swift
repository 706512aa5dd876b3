package import TuskPostgres

extension Session {
    /// What a setting of the server is for this session, nil when there is none of that name.
    package func serverSetting(_ name: String) throws(PostgresError) -> String? {
        var parameters = Parameters()
        parameters.text(name)
        let text = "select pg_catalog.current_setting($1, true)"
        let statement = Statement(name: "server_setting", text: text, isReadOnly: true)
        return try run(statement, parameters).textIfPresent(0, 0)
    }
}

extension ConnectionPool {
    /// Lends a session to `body`.
    package func with<Answer>(
        deadline: Deadline? = nil,
        _ body: (Session) throws(PostgresError) -> Answer
    ) throws(PostgresError) -> Answer {
        let loan = try borrow(deadline: deadline)
        return try body(loan.session)
    }
}
