import TuskHTTP

/// What an API is told at its start. All limits have a name here, a unit and a default.
package struct APIConfiguration: Sendable {
    /// What `/version` says. Defaults to `0.0.0-dev`.
    package var version = "0.0.0-dev"
    /// Whether requests need no credentials. Only for loopback addresses; see `refusalToListen`. Defaults to false.
    package var allowsAnonymous = false
    /// How long an API key that was revoked may still work, since the database is not asked each time. Defaults to 5 s.
    package var keyCacheTime = Duration.seconds(5)

    /// Requests other than single enqueues that the database works on at once. Defaults to 4.
    package var lanes = 4
    /// Streamed bulk requests at once; each holds some MiB at most. Defaults to 4.
    package var streams = 4
    /// Sessions that the store's pool needs so that no thread of the API waits for another one's: those above, one for
    /// keys, one for keys never seen before, one for probes, one for those who wait for the ends of jobs, one for event
    /// streams, and those for the keys of claims that wait. Work over HTTP has a pool of its own besides, of 4.
    package var sessionsMax: Int { lanes + streams + 5 + ClaimDesk.lanesOfEachSort }
    /// Requests that wait for a lane, and single enqueues that wait for their batch; more are refused with 503.
    /// Defaults to 10,000.
    package var waitingRequestsMax = 10_000
    /// Claims over HTTP that wait for jobs at once; more are refused with 503. Defaults to 1,000.
    package var waitingClaimsMax = 1000
    /// How often the database is asked for jobs that nobody signalled, for claims that want the same, while at most ten
    /// different sorts wait; with more of them it is asked 20 times a second in all. Defaults to 500 ms.
    package var claimPollInterval = Duration.milliseconds(500)
    /// Event streams of jobs at once; more are refused with 503. Defaults to 100.
    package var jobStreamsMax = 100
    /// An event stream whose client takes nothing for so long is dropped. Defaults to 10 s.
    package var jobStreamStallMax = Duration.seconds(10)
    /// Requests that wait for the end of the job they enqueued; more are answered at once. Defaults to 1,000.
    package var waitingResultsMax = 1000
    /// Bytes of all single enqueues that wait for their batch; more are refused with 503. Defaults to 64 MiB.
    package var waitingBytesMax = 64 << 20
    /// How long a request waits for a lane before it is refused with 503. Defaults to 2 s.
    package var waitingTimeMax = Duration.seconds(2)

    /// Jobs of one batch of single enqueues. Defaults to 1,000.
    package var batchJobsMax = 1000
    /// Bytes of one batch of single enqueues, or of lines. Defaults to 4 MiB.
    package var batchBytesMax = 4 << 20

    /// The longest body of a request for one thing. Defaults to 1 MiB.
    package var bodyBytesMax = 1 << 20
    /// The longest body of an atomic bulk request, which is held in memory. Defaults to 16 MiB.
    package var bulkBodyBytesMax = 16 << 20
    /// The most jobs of an atomic bulk request. Defaults to 5,000, which is also the store's limit.
    package var bulkJobsMax = 5000
    /// The longest streamed body. Defaults to 64 MiB.
    package var streamBodyBytesMax = 64 << 20
    /// The longest line of a streamed body. Defaults to 1 MiB.
    package var lineBytesMax = 1 << 20

    /// The longest body of a settlement: a hundred of the largest results, and their errors. Defaults to 8 MiB.
    package var settleBodyBytesMax = 8 << 20

    /// How long the answer of a readiness probe is repeated without asking the database. Defaults to 1 s.
    package var readinessCacheTime = Duration.seconds(1)

    /// The defaults.
    package init() {}

    /// Why a server with this configuration must not listen at `address`, such as `0.0.0.0:8080`; nil when it may.
    ///
    /// Whoever starts a server asks this first: without credentials only loopback addresses are allowed.
    package func refusalToListen(at address: String) -> String? {
        guard allowsAnonymous else { return nil }
        let host = address.lastIndex(of: ":").map { address[..<$0] } ?? address[...]
        guard IPAddress(host)?.isLoopback != true else { return nil }
        return "without authentication the API listens on loopback addresses only, not at \(address)"
    }
}
