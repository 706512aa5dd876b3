import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

@Suite struct StepTests {
    private static let value = JSONText(trusted: Array(#"{"n": 1}"#.utf8))

    /// The SQLSTATE of the refusal; nil: it went through.
    private static func refusal(_ body: () throws(StoreError) -> Void) -> String? {
        do throws(StoreError) {
            try body()
            return nil
        } catch {
            guard case .database(let fault) = error else { return "\(error)" }
            return "\(fault.sqlState) \(fault.message)"
        }
    }

    @Test func `a step is kept under the present lease only, byte for byte`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.enqueue(count: 1)
            let old = try #require(try store.claim(worker).first)
            try store.session.keepStep("a", of: old.id, old.lease, Self.value)
            try store.silence(worker)
            _ = try store.session.rescue()
            let late = Self.refusal { () throws(StoreError) in
                try store.session.keepStep("b", of: old.id, old.lease, Self.value)
            }
            #expect(late?.hasPrefix("TK001") == true)
            #expect(try store.session.step("a", of: old.id)?.text == #"{"n": 1}"#)
            #expect(try store.session.step("b", of: old.id) == nil)
        }
    }

    @Test func `the same again changes nothing, another value is refused`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.enqueue(count: 1)
            let job = try #require(try store.claim(worker).first)
            try store.session.keepStep("a", of: job.id, job.lease, Self.value)
            try store.session.keepStep("a", of: job.id, job.lease, Self.value)
            let other = Self.refusal { () throws(StoreError) in
                try store.session.keepStep("a", of: job.id, job.lease, .emptyObject)
            }
            #expect(other?.contains("step a of job \(job.id) is done already") == true)
            #expect(try store.session.steps(of: job.id).map(\.value) == [Self.value])
        }
    }

    @Test func `a job has at most 1000 steps, with names of the usual letters`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.enqueue(count: 1)
            let job = try #require(try store.claim(worker).first)
            try store.database.script(
                """
                select tusk.keep_step(\(job.id), \(job.lease), 'step:' || n, '1') from generate_series(1, 999) as n
                """
            )
            try store.session.keepStep("last", of: job.id, job.lease, Self.value)
            let more = Self.refusal { () throws(StoreError) in
                try store.session.keepStep("more", of: job.id, job.lease, Self.value)
            }
            #expect(more == "22023 a job must have at most 1000 steps")
            let unnamed = Self.refusal { () throws(StoreError) in
                try store.session.keepStep("a b", of: job.id, job.lease, Self.value)
            }
            #expect(unnamed?.hasPrefix("22023 the name of a step must be") == true)
        }
    }
}
