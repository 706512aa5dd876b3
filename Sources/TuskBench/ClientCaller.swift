import Dispatch
import Synchronization
import Tusk
import TuskCore
import TuskStore

/// The Swift client, for a thread that may block.
final class ClientCaller: Sendable {
    private let client: Client

    /// A client of its own.
    init(_ database: BenchDatabase) {
        client = Client(store: Store(database.settings, sessionsMax: 4, keepsPlans: true))
    }

    /// Enqueues, as `Client.enqueue` does. `willCall` is called just before, where the call is made.
    @discardableResult
    func enqueue(_ jobs: [NewJob], willCall: @escaping @Sendable () -> Void = {}) throws -> [JobID] {
        let done = DispatchSemaphore(value: 0)
        let answer = Mutex<Result<[JobID], TuskError>>(.success([]))
        Task {
            let result: Result<[JobID], TuskError>
            willCall()
            do throws(TuskError) {
                result = .success(try await client.enqueue(jobs))
            } catch {
                result = .failure(error)
            }
            answer.withLock { $0 = result }
            done.signal()
        }
        done.wait()
        switch answer.withLock({ $0 }) {
        case .success(let ids): return ids
        case .failure(let error): throw BenchFailure("the client failed: \(error)")
        }
    }

    /// Closes its sessions.
    func close() { client.close() }
}
