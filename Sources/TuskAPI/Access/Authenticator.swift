import Synchronization
import TuskCore
import TuskHTTP
import TuskStore
import TuskTelemetry

/// Finds out who asks.
///
/// `Authorization: Bearer tusk_...` is the only way in. Everything that does not work gets the same 401, so that the
/// answer tells nothing about keys.
final class Authenticator: Sendable {
    enum Verdict: Sendable {
        case accepted(Principal)
        /// It works for now; somebody must call `resolve` before long.
        case acceptedButAging(Principal, APIToken)
        case refused(Problem)
        /// The database must be asked: call `resolve` on a lane; for a stranger, whose token never worked here, on one
        /// that makes nobody else wait.
        case unknown(APIToken, isStranger: Bool)
    }

    private let store: Store
    private let allowsAnonymous: Bool
    private let logger: Logger
    private let cache: Mutex<KeyCacheState>
    private let failures = Mutex(FailureLimiterState())
    private let rates = Mutex(RequestRateState())
    /// When each key's last use was written down by this process, by key id.
    private let touches = Mutex<[String: ContinuousClock.Instant]>([:])
    private static let touchInterval = Duration.seconds(60)

    init(store: Store, configuration: APIConfiguration, logger: Logger) {
        self.store = store
        self.allowsAnonymous = configuration.allowsAnonymous
        self.logger = logger
        var limits = KeyCacheState.Limits()
        limits.freshTime = configuration.keyCacheTime
        limits.refreshAfter = configuration.keyCacheTime / 2
        cache = Mutex(KeyCacheState(limits: limits))
    }

    /// Decides without waiting, as far as that goes.
    func look(at request: HTTPRequest) -> Verdict {
        guard !allowsAnonymous else { return .accepted(.anonymous) }
        let fields = request.headers.all("Authorization")
        guard !fields.isEmpty else { return .refused(Self.refusal) }
        guard fields.count == 1, let token = Self.token(fields[0]) else { return .refused(Self.refusal) }
        let now = ContinuousClock.now
        switch cache.withLock({ $0.look(token.hash, now: now) }) {
        case .usable(let principal, let mustRefresh):
            return mustRefresh ? .acceptedButAging(principal, token) : .accepted(principal)
        case .stale: return .unknown(token, isStranger: false)
        case .unknown:
            let mayTry = failures.withLock { $0.mayTry(token.hash, now: now) }
            return mayTry ? .unknown(token, isStranger: true) : .refused(Self.tooMany)
        }
    }

    /// Asks the database. Blocks.
    func resolve(_ token: APIToken) throws(Problem) -> Principal {
        let readAt = ContinuousClock.now
        let key: LiveKey?
        do throws(StoreError) {
            key = try store.withSession { session throws(StoreError) in try session.liveKey(token.keyID) }
        } catch {
            cache.withLock { $0.giveUpRefresh(token.hash) }
            logger.warning("cannot read an API key", ["error": .text(error.description)])
            throw Problem(error)
        }
        // Compared also when there is no key, so that the time tells nothing.
        let isRight = Digest.areEqual(key?.tokenHash ?? Self.noHash, token.hash)
        guard let key, isRight else {
            cache.withLock { $0.forget(token.hash) }
            failures.withLock { $0.noteFailure(token.hash, now: readAt) }
            throw Self.refusal
        }
        let principal = Principal(id: token.keyID, name: key.name, scopes: key.scopes, rate: key.rate)
        cache.withLock { $0.store(token.hash, principal, readAt: readAt) }
        return principal
    }

    /// Whether a request that was let in and has waited since may still do what needs `scope`. Blocks.
    func recheck(_ request: HTTPRequest, _ scope: Scope) throws(Problem) {
        let principal: Principal
        switch look(at: request) {
        case .accepted(let known): principal = known
        case .acceptedButAging(_, let token), .unknown(let token, _): principal = try resolve(token)
        case .refused(let problem): throw problem
        }
        guard principal.may(scope) else { throw Self.missing(scope) }
    }

    /// The refusal of one request too many; nil: it is counted and may go on.
    func refusal(ofRequestBy principal: Principal) -> Problem? {
        guard let rate = principal.rate else { return nil }
        let wait = rates.withLock { $0.take(principal.id, rate, now: .now) }
        guard let wait else { return nil }
        let words = "The API key may make \(rate.max) requests in \(DurationText.print(rate.period))."
        var problem = Problem(.rateLimited, words)
        problem.retryAfterSeconds = max(1, Int((wait / .seconds(1)).rounded(.up)))
        return problem
    }

    /// The refusal of a key that lacks a scope.
    static func missing(_ scope: Scope) -> Problem {
        var problem = Problem(.missingScope, "The API key lacks the scope \(scope.rawValue).")
        problem.missingScope = scope
        return problem
    }

    /// Nobody will call `resolve` for a token that is aging.
    func giveUpRefresh(_ token: APIToken) {
        cache.withLock { $0.giveUpRefresh(token.hash) }
    }

    /// Writes down that a key is in use, at most once a minute. Blocks.
    func touch(_ keyID: String) {
        let now = ContinuousClock.now
        let isDue = touches.withLock { touches in
            if let last = touches[keyID], last.duration(to: now) < Self.touchInterval { return false }
            touches = touches.filter { $0.value.duration(to: now) < Self.touchInterval }
            touches[keyID] = now
            return true
        }
        guard isDue else { return }
        do throws(StoreError) {
            try store.withSession { session throws(StoreError) in try session.touch(key: keyID) }
        } catch {
            logger.debug("cannot note the use of an API key", ["key": .text(keyID), "error": .text(error.description)])
        }
    }

    /// The scheme's name is in either case (RFC 9110, 11.1), one space behind it.
    private static func token(_ field: String) -> APIToken? {
        let scheme = "bearer "
        guard field.prefix(scheme.count).lowercased() == scheme else { return nil }
        return APIToken(field.utf8.dropFirst(scheme.utf8.count))
    }

    private static let noHash = [UInt8](repeating: 0, count: Digest.byteCount)
    static let refusal = Problem(
        .unauthenticated,
        "This resource needs the header Authorization: Bearer with an API key that works."
    )
    private static let tooMany = Problem(
        .tooManyFailures,
        "This API key was refused again and again; stop using it."
    )
}
