import TestSupport
import Testing
import TuskStore

@testable import Tusk

@Suite struct KeptSessionTests {
    @Test func `a claim after a reconnection finds out that the database was restored meanwhile`() async throws {
        try await withDatabase(.migrated) { database in
            let store = database.store()
            defer { store.close() }
            var claimer = KeptSession(store, for: .claimer, observe: { _ in })
            defer { claimer.close() }
            var hasRun = false
            try claimer.call { _ throws(StoreError) in hasRun = true }
            #expect(hasRun)
            try database.script("update tusk.identity set database_oid = 0")
            claimer.close()
            #expect(throws: StoreError.restored) {
                try claimer.call { _ throws(StoreError) in Issue.record("a claim was made") }
            }
        }
    }
}
