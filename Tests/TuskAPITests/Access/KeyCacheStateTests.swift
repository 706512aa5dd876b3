import Testing
import TuskStore

@testable import TuskAPI

struct KeyCacheStateTests {
    private let start = ContinuousClock.now
    private let someone = Principal(id: "k", name: "k", scopes: [.read])
    private let hash: [UInt8] = [1, 2, 3]

    @Test func `a token is used for as long as it is fresh and then looked up again`() {
        var cache = KeyCacheState()
        #expect(cache.look(hash, now: start) == .unknown)
        cache.store(hash, someone, readAt: start)
        #expect(cache.look(hash, now: start + .milliseconds(2499)) == .usable(someone, mustRefresh: false))
        #expect(cache.look(hash, now: start + .milliseconds(4999)) == .usable(someone, mustRefresh: true))
        #expect(cache.look(hash, now: start + .seconds(5)) == .stale)
        #expect(cache.look(hash, now: start + .seconds(3600)) == .unknown)
        #expect(cache.count == 0)
    }

    @Test func `only one request refreshes`() {
        var cache = KeyCacheState()
        cache.store(hash, someone, readAt: start)
        let late = start + .seconds(3)
        #expect(cache.look(hash, now: late) == .usable(someone, mustRefresh: true))
        #expect(cache.look(hash, now: late) == .usable(someone, mustRefresh: false))
        cache.giveUpRefresh(hash)
        #expect(cache.look(hash, now: late) == .usable(someone, mustRefresh: true))
        cache.store(hash, someone, readAt: late)
        #expect(cache.look(hash, now: late) == .usable(someone, mustRefresh: false))
    }

    @Test func `an answer that was asked for earlier does not replace a later one`() {
        var cache = KeyCacheState()
        let other = Principal(id: "k", name: "k", scopes: [.admin])
        cache.store(hash, other, readAt: start + .seconds(1))
        cache.store(hash, someone, readAt: start)
        #expect(cache.look(hash, now: start + .seconds(1)) == .usable(other, mustRefresh: false))
    }

    @Test func `a token that was revoked is forgotten`() {
        var cache = KeyCacheState()
        cache.store(hash, someone, readAt: start)
        cache.forget(hash)
        #expect(cache.look(hash, now: start) == .unknown)
    }

    @Test func `no more than so many tokens are kept`() {
        var limits = KeyCacheState.Limits()
        limits.tokensMax = 10
        var cache = KeyCacheState(limits: limits)
        for number in 0..<100 {
            cache.store([UInt8(number)], someone, readAt: start + .milliseconds(number))
            #expect(cache.count <= 10)
        }
        #expect(cache.look([99], now: start + .seconds(1)) == .usable(someone, mustRefresh: false))
    }

    @Test func `tokens that are stale make room first`() {
        var limits = KeyCacheState.Limits()
        limits.tokensMax = 2
        var cache = KeyCacheState(limits: limits)
        cache.store([1], someone, readAt: start)
        cache.store([2], someone, readAt: start + .seconds(9))
        cache.store([3], someone, readAt: start + .seconds(10))
        #expect(cache.look([1], now: start + .seconds(10)) == .unknown)
        #expect(cache.look([2], now: start + .seconds(10)) == .usable(someone, mustRefresh: false))
    }
}
