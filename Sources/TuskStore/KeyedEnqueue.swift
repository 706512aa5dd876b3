package import TuskCore
import TuskPostgres

/// A request to enqueue that carries an idempotency key.
package struct KeyedRequest: Sendable {
    /// SHA-256 of who asks and the key.
    package let keyHash: [UInt8]
    /// SHA-256 of what is asked.
    package let fingerprint: [UInt8]
    /// The jobs, at least one.
    package let jobs: [NewJob]

    /// A request; both digests are 32 bytes.
    package init(keyHash: [UInt8], fingerprint: [UInt8], jobs: [NewJob]) {
        precondition(keyHash.count == Digest.byteCount && fingerprint.count == Digest.byteCount)
        self.keyHash = keyHash
        self.fingerprint = fingerprint
        self.jobs = jobs
    }

    /// The number of the advisory lock: the first 8 bytes of the hash.
    var lockNumber: Int64 {
        Int64(bitPattern: keyHash.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }
}

/// What became of a request with an idempotency key.
package enum KeyedAnswer: Sendable, Hashable {
    /// It is the first of its key: the jobs were enqueued.
    case accepted([EnqueuedJob])
    /// It was accepted before: the same jobs as then.
    case replayed([EnqueuedJob])
    /// The first request of its key is still under way.
    case inFlight
    /// The key was used for something else.
    case otherRequest
}

extension StoreSession {
    private static let lockKeys = SQLCatalog.statement("lock_idempotency_keys")
    private static let readKeys = SQLCatalog.statement("read_idempotency_keys", isReadOnly: true)
    private static let writeKey = SQLCatalog.statement("write_idempotency_key")

    /// Enqueues the jobs of requests that carry keys, in one transaction, each request judged by itself; answers in
    /// order.
    ///
    /// A key that somebody else holds at this moment is answered `.inFlight` without waiting, so that one stranger's
    /// open transaction stalls nobody.
    package func enqueue(keyed requests: [KeyedRequest]) throws(StoreError) -> [KeyedAnswer] {
        guard !requests.isEmpty else { return [] }
        return try transaction { session throws(StoreError) in
            var answers = [KeyedAnswer?](repeating: nil, count: requests.count)
            try session.lock(requests, into: &answers)
            try session.recall(requests, into: &answers)
            try session.accept(requests, into: &answers)
            return answers.map { $0 ?? .inFlight }
        }
    }

    /// Takes the locks in one order, so that two batches never wait for each other; here they do not wait at all.
    private func lock(_ requests: [KeyedRequest], into answers: inout [KeyedAnswer?]) throws(StoreError) {
        let order = requests.indices.sorted { requests[$0].lockNumber < requests[$1].lockNumber }
        let rows = try run(Self.lockKeys) { $0.int8Array(order.map { requests[$0].lockNumber }) }
        var seen: Set<Int64> = []
        for (row, index) in order.enumerated() {
            // The lock is reentrant: a second request of the same key in this batch must be told apart here.
            let isFirst = seen.insert(requests[index].lockNumber).inserted
            if !isFirst || !rows.bool(row, 0) { answers[index] = .inFlight }
        }
    }

    private func recall(_ requests: [KeyedRequest], into answers: inout [KeyedAnswer?]) throws(StoreError) {
        let rows = try run(Self.readKeys) {
            $0.int2(shard)
            $0.byteaArray(requests.lazy.map(\.keyHash))
        }
        for row in 0..<rows.rowCount {
            let keyHash = rows.bytes(row, 0)
            for (index, request) in requests.enumerated() where request.keyHash == keyHash && answers[index] == nil {
                answers[index] =
                    rows.bytes(row, 1) == request.fingerprint ? .replayed(try past(rows, row)) : .otherRequest
            }
        }
    }

    private func past(_ rows: ResultSet, _ row: Int) throws(StoreError) -> [EnqueuedJob] {
        let createdAt = rows.moment(row, 5)
        let runAts = rows.int8ArrayIfPresent(row, 4)
        var jobs: [EnqueuedJob] = []
        let states = rows.textArray(row, 3).map { JobState(rawValue: $0) }
        let existedSince = rows.int8ArrayIfPresent(row, 6)
        for (index, number) in rows.int8Array(row, 2).enumerated() {
            guard let id = JobID(rawValue: number), index < runAts.count, index < states.count,
                let state = states[index]
            else { throw .unreadable("an idempotency row") }
            let since = (index < existedSince.count ? existedSince[index] : nil).map(Timestamp.init(microseconds:))
            let job = EnqueuedJob(
                id: id,
                runAt: runAts[index].map(Timestamp.init(microseconds:)),
                createdAt: since ?? createdAt,
                state: state,
                isDeduplicated: since != nil
            )
            jobs.append(job)
        }
        return jobs
    }

    private func accept(_ requests: [KeyedRequest], into answers: inout [KeyedAnswer?]) throws(StoreError) {
        let fresh = requests.indices.filter { answers[$0] == nil }
        guard !fresh.isEmpty else { return }
        var rest = try enqueue(fresh.flatMap { requests[$0].jobs })[...]
        for index in fresh {
            let jobs = Array(rest.prefix(requests[index].jobs.count))
            rest = rest.dropFirst(jobs.count)
            answers[index] = .accepted(jobs)
        }
        var calls: [(Statement, Parameters)] = []
        for index in fresh {
            guard case .accepted(let jobs) = answers[index] else { continue }
            var parameters = Parameters()
            parameters.int2(shard)
            parameters.bytea(requests[index].keyHash)
            parameters.bytea(requests[index].fingerprint)
            parameters.int8Array(jobs.map(\.id.rawValue))
            parameters.textArray(jobs.map(\.state.rawValue))
            parameters.timestampArray(optional: jobs.map { $0.runAt?.microseconds })
            let existedSince = jobs.map { $0.isDeduplicated ? $0.createdAt.microseconds : nil }
            parameters.timestampArray(optional: jobs.contains(where: \.isDeduplicated) ? existedSince : [])
            calls.append((Self.writeKey, parameters))
        }
        do throws(PostgresError) {
            _ = try session.pipeline(calls)
        } catch {
            throw StoreError(error)
        }
    }
}
