import TuskCore
import TuskHTTP
import TuskStore
import TuskTelemetry

/// Claims, extends and settles for programs that speak HTTP, each call in a session of its own. Blocks.
struct Claimer: Sendable {
    /// Its sessions have the plans that claims and settlements rely on.
    let store: Store
    let authenticator: Authenticator
    let version: String
    let metrics: APIMetrics
    let logger: Logger
    /// Tells workers and waiting claims that queues have jobs.
    let wake: @Sendable (Set<QueueName>) -> Void

    /// What a client that gives no name is called.
    private static let nameStandard = "http"

    /// Tries to claim for a request that waits. Answers it when there are jobs, or when the database fails.
    func attempt(_ call: Call, _ form: ClaimForm) -> WaitingClaims.State.Result {
        guard !call.responder.hasClientLeft else { return .over }
        do throws(Problem) {
            try authenticator.recheck(call.request, .work)
        } catch {
            call.refuse(error)
            return error.status == 503 ? .failed : .over
        }
        let claim = OutsideClaim(
            token: .random(),
            owner: call.principal.id,
            name: form.name ?? Self.nameStandard,
            version: version,
            demand: form.demand,
            jobsMax: form.jobsMax,
            leaseTime: form.leaseTime
        )
        do throws(StoreError) {
            let grant = try store.withSession { session throws(StoreError) in try session.claim(claim, wake) }
            guard let grant else { return .nothing }
            if call.responder.hasClientLeft {
                giveBack(claim.token, call)
                return .over
            }
            metrics.noteClaimed(grant.jobs.count)
            call.answer(.object { $0.members(ofClaim: (claim.token, grant)) })
            return .over
        } catch {
            call.refuse(Services.problem(error, call, metrics, logger))
            giveBack(claim.token, call)
            return .failed
        }
    }

    /// Returns what nobody will hear of. When that fails, the lease time does it.
    private func giveBack(_ token: ClaimToken, _ call: Call) {
        do throws(StoreError) {
            wake(try store.withSession { session throws(StoreError) in try session.giveBack(token) })
        } catch {
            logger.warning(
                "a claim that nobody has is left to expire",
                ["error": .text(error.description), "request_id": .text(call.requestID)]
            )
        }
    }

    /// Extends a claim. `lost`: jobs of which it said something and does not hold.
    func beat(_ call: Call, _ token: ClaimToken, lost: [JobID]? = nil) throws(Problem) -> HTTPResponse {
        let (expiresAt, stops) = try ask(call) { session throws(StoreError) in
            let expiresAt = try session.beat(token, owner: call.principal.id)
            guard expiresAt != nil else { return (nil, []) as (Timestamp?, [CancelRequest]) }
            return (expiresAt, try session.cancelRequests(worker: token.worker))
        }
        guard let expiresAt else { throw Self.lost }
        return .object { writer in
            writer.member("expires_at", expiresAt)
            writer.member("stop", stops.map(\.id.description))
            if let lost { writer.member("lost", lost.map(\.description)) }
        }
    }

    /// Stores how far jobs of a claim are and what they log. A program that says so lives: the claim is extended too.
    func report(_ call: Call, _ token: ClaimToken, _ reports: [OutsideReport]) throws(Problem) -> HTTPResponse {
        let lost = try ask(call) { session throws(StoreError) in
            try session.write(reports, token, owner: call.principal.id)
        }
        guard let lost else { throw Self.lost }
        return try beat(call, token, lost: lost)
    }

    /// Settles jobs of a claim, each judged by itself.
    func settle(
        _ call: Call,
        _ token: ClaimToken,
        _ outcomes: [OutsideOutcome]
    ) throws(Problem) -> HTTPResponse {
        let settlement = try ask(call) { session throws(StoreError) in
            try session.settle(outcomes, token, owner: call.principal.id)
        }
        guard let settlement else { throw Self.lost }
        if !settlement.queues.isEmpty { wake(settlement.queues) }
        metrics.noteSettled(settlement.states)
        return .object { writer in
            writer.member("jobs", Array(zip(outcomes, settlement.states))) { $0.members(ofSettled: $1.0.id, $1.1) }
        }
    }

    private func ask<Answer>(
        _ call: Call,
        _ body: (StoreSession) throws(StoreError) -> Answer
    ) throws(Problem) -> Answer {
        do throws(StoreError) {
            return try store.withSession(body)
        } catch {
            throw Services.problem(error, call, metrics, logger)
        }
    }

    /// A claim that is over.
    private static let lost = Problem(.leaseLost, "This lease has ended, or is not this key's; nothing was changed.")
    /// A job that a claim does not hold.
    static let jobLost = Problem(.leaseLost, "The lease does not hold this job; nothing was changed.")
}
