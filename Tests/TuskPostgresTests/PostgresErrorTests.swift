import Testing
import TuskPostgres

@Suite struct PostgresErrorTests {
    @Test(arguments: [
        ("08006", true), ("08P01", true), ("40001", true), ("40P01", true), ("53100", true), ("53300", true),
        ("55P03", true), ("57014", true), ("57P01", true), ("57P02", true), ("57P03", true), ("25006", true),
        ("23505", false), ("42P01", false), ("22012", false), ("28P01", false), ("3D000", false), ("55006", false),
        ("57000", false), ("40002", false), ("25P02", false),
    ])
    func `only errors that pass by themselves are transient`(sqlState: String, isTransient: Bool) {
        let error = PostgresError.server(ServerError(sqlState: sqlState, message: "m"))
        #expect(error.isTransient == isTransient)
        #expect(!error.isUnknownOutcome)
        #expect(error.sqlStateClass == String(sqlState.prefix(2)))
    }

    @Test(arguments: [
        (PostgresError.connection(message: "m", sent: true), true, true),
        (.connection(message: "m", sent: false), true, false), (.deadline(sent: true), true, true),
        (.deadline(sent: false), true, false), (.closed, false, false), (.protocolViolation("m"), false, false),
        (.protocolViolation("m", sent: true), false, true),
        (.configuration("m"), false, false),
    ])
    func `failures that the server did not report say whether to try again`(
        error: PostgresError,
        isTransient: Bool,
        isUnknownOutcome: Bool
    ) {
        #expect(error.isTransient == isTransient)
        #expect(error.isUnknownOutcome == isUnknownOutcome)
        #expect(error.sqlState.utf8.count == 5)
        #expect(error.description.hasPrefix(error.sqlState))
    }
}
