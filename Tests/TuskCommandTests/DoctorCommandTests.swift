import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

@testable import TuskCommand

struct DoctorCommandTests {
    @Test func `what is bad ends with 1 and says what mends it`() async throws {
        try await withDatabase(.migrated) { database in
            let environment = ["TUSK_DATABASE_URL": database.connectionString.textWithPassword]
            let ended = try await TuskProcess.run(["doctor"], environment: environment)
            #expect(ended.status == 1 && ended.output.contains("no scheduler leads"), "\(ended.output)")
            #expect(ended.output.contains("tusk scheduler"))
            let json = try await TuskProcess.run(["doctor", "-o", "json"], environment: environment)
            #expect(json.output.contains(#""finding":"no_scheduler""#))
        }
    }

    @Test func `clocks may differ a little`() {
        let moment = Timestamp(microseconds: 1_700_000_000_000_000)
        let near = Timestamp(microseconds: moment.microseconds + 1_900_000)
        let far = Timestamp(microseconds: moment.microseconds - 61_540_000)
        #expect(DoctorCommand.skew(of: moment, from: near) == nil)
        let finding = DoctorCommand.skew(of: moment, from: far)
        #expect(finding?.message == "the clock of this machine is 61.5 s behind that of the server")
    }
}
