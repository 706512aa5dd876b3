import TestSupport
import Testing
import TuskCore
import TuskStore

struct OrderKeyRoutesTests {
    @Test func `lines are listed page by page, and one with a discarded job is released`() async throws {
        try await withAPI { api in
            for key in ["a", "b", "c"] {
                for _ in 0..<2 { _ = try api.enqueue(#"{"kind":"noop","order":"\#(key)"}"#) }
            }
            let page = try api.ask("GET", "/v1/order-keys?page_size=2")
            #expect(try page.json.member("order_keys")?.elements.map { $0.member("key")?.string } == ["a", "b"])
            let token = try #require(try page.string("next_page_token"))
            let rest = try api.ask("GET", "/v1/order-keys?page_size=2&page_token=\(token)")
            let last = try #require(try rest.json.member("order_keys")?.elements.first { _ in true })
            #expect(last.member("key")?.string == "c" && last.member("head_state")?.string == "available")
            #expect(last.member("waiting")?.int64 == 1)

            let busy = try api.ask("POST", "/v1/order-keys/a:release")
            #expect(busy.status == 409)
            #expect(try busy.problem == "order-key-busy")
            let unknown = try api.ask("POST", "/v1/order-keys/z:release")
            #expect(unknown.status == 404)
            #expect(try unknown.problem == "order-key-not-found")
            #expect(try api.ask("POST", "/v1/order-keys/a%20b:release").status == 400)

            try api.working { session, worker in
                let lanes = Lane.all(of: [.standard])
                let request = ClaimRequest(worker: worker, lanes: lanes, kinds: ["noop"], jobsMax: 1)
                let claimed = try session.claimGated(request).jobs
                let entries = claimed.map { SettleEntry($0, .discard, startedAgo: .milliseconds(5)) }
                _ = try session.settle(entries, worker: worker)
            }
            #expect(try api.ask("POST", "/v1/order-keys/a:release").status == 200)
            #expect(api.signals.all.last == ["default"])
        }
    }
}
