import Synchronization
import TuskCore
package import TuskHTTP
package import TuskStore
package import TuskTelemetry

/// Whether this process can do its work, and what stands against it.
package struct Readiness: Sendable, Equatable {
    /// What stands against it.
    package enum Reason: String, Sendable, CaseIterable {
        /// PostgreSQL does not answer.
        case database
        /// The schema lacks migrations, or one of them was applied in another form.
        case schemaVersion = "schema_version"
        /// The server only follows another one and takes no writes.
        case standby
        /// The process is about to end.
        case draining
    }

    /// Empty when it is ready.
    package let reasons: [Reason]
    /// What is known of the schema.
    package let schema: SchemaState?
    /// The server's version; 150004 is 15.4.
    package let serverVersion: Int?

    /// Whether nothing stands against it.
    package var isReady: Bool { reasons.isEmpty }

    /// The judgement on what the server said; nil for what it did not say.
    ///
    /// A schema that is ahead is none of the reasons: migrations come first when a new version is rolled out, and are
    /// made so that the programs of the version before go on working.
    package init(health: ServerHealth?, schema: SchemaState?, isDraining: Bool) {
        var reasons: [Reason] = []
        if health == nil || schema == nil { reasons.append(.database) }
        switch schema {
        case .behind, .altered: reasons.append(.schemaVersion)
        case .current, .ahead, nil: break
        }
        if health?.isStandby == true { reasons.append(.standby) }
        if isDraining { reasons.append(.draining) }
        self.reasons = reasons
        self.schema = schema
        serverVersion = health?.version
    }
}

extension Readiness {
    /// The answer to `/readyz`, of every process that has one; `isVerbose` adds what is known of schema and server.
    package func response(isVerbose: Bool = false) -> HTTPResponse {
        var response = HTTPResponse.object(isReady ? 200 : 503) { writer in
            writer.key("ready")
            writer.bool(isReady)
            writer.member("reasons", reasons.map(\.rawValue))
            guard isVerbose else { return }
            writer.member("schema", ifPresent: schema?.description)
            if let serverVersion { writer.member("server_version", serverVersion) }
        }
        if !isReady { response.headers.append(("Retry-After", "1")) }
        return response
    }
}

/// Asks the database how things are, at most so often.
package final class ReadinessProbe: Sendable {
    /// How long the server may take to answer.
    private static let timeout = Duration.seconds(1)

    private let store: Store
    private let cacheTime: Duration
    private let logger: Logger
    private let isDraining = Mutex(false)
    private let last = Mutex<(answer: Answer, at: ContinuousClock.Instant)?>(nil)

    private struct Answer {
        var health: ServerHealth?
        var schema: SchemaState?
    }

    /// A probe of `store`. `cacheTime`: how long an answer is repeated without asking again; defaults to 1 s.
    package init(store: Store, cacheTime: Duration = APIConfiguration().readinessCacheTime, logger: Logger) {
        self.store = store
        self.cacheTime = cacheTime
        self.logger = logger
    }

    /// From now on the process is not ready.
    package func drain() {
        isDraining.withLock { $0 = true }
    }

    /// How things are now, or were a moment ago. Blocks.
    package func check() -> Readiness {
        let known = last.withLock { $0 }
        let answer: Answer
        if let known, known.at.duration(to: .now) < cacheTime {
            answer = known.answer
        } else {
            answer = ask()
            last.withLock { $0 = (answer, .now) }
        }
        return Readiness(health: answer.health, schema: answer.schema, isDraining: isDraining.withLock { $0 })
    }

    private func ask() -> Answer {
        var answer = Answer()
        do throws(StoreError) {
            answer = try store.withSession { session throws(StoreError) in
                let health = try session.health(within: Self.timeout)
                return Answer(health: health, schema: try session.schemaState())
            }
        } catch {
            logger.warning("the readiness probe failed", ["error": .text(error.description)])
        }
        return answer
    }
}
