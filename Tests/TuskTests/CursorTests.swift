import TestSupport
import Testing
import Tusk
import TuskCore
import TuskStore

extension WorkerTests {
    @Suite struct CursorTests {
        private struct Place: Codable, Equatable, Sendable {
            var row: Int
        }

        private struct Broken: Error {}

        @Test func `what one attempt saves, the next goes on from`() async throws {
            let seen = Box<[Place?]>([])
            try await withWorker(register: { worker in
                worker.register("walk") { context in
                    let place = try context.cursor(as: Place.self)
                    seen.change { $0.append(place) }
                    try context.saveCursor(Place(row: (place?.row ?? 0) + 41_000))
                    if context.attempt < 3 { throw Broken() }
                }
            }) { bench in
                let id = try bench.enqueue(.test("walk", retry: .fixed(delay: .zero)))[0]
                try await bench.promote(until: id, is: .completed)
                #expect(seen.value == [nil, Place(row: 41_000), Place(row: 82_000)])
            }
        }

        @Test func `nothing is saved for a job that was told to stop, nor too much for any`() async throws {
            let errors = Box<[TuskError]>([])
            let gate = Gate()
            try await withWorker(register: { worker in
                worker.register("walk") { context in
                    do throws(TuskError) {
                        try context.saveCursor(String(repeating: "x", count: 65_535))
                    } catch { errors.change { $0.append(error) } }
                    gate.pass()
                    Pausing.block(50)
                    do throws(TuskError) { try context.saveCursor(1) } catch { errors.change { $0.append(error) } }
                }
            }) { bench in
                let id = try bench.enqueue(.test("walk"))[0]
                try await eventually { errors.value.count == 1 }
                _ = try bench.store.withSession { session throws(StoreError) in
                    try session.cancel(id, by: "test", reason: nil)
                }
                gate.open()
                try await bench.wait(for: id, to: .cancelled)
                guard case .unencodable = errors.value.first else { return #expect(Bool(false), "\(errors.value)") }
                guard case .stopped = errors.value.last else { return #expect(Bool(false), "\(errors.value)") }
                #expect(try bench.count("job_cursor") == 0)
            }
        }
    }
}
