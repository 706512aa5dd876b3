import TestSupport
import Testing
import TuskAPI
import TuskCore
import TuskPostgres
import TuskStore

struct AuthenticationTests {
    private static let job = #"{"kind":"a"}"#

    @Test func `whatever is wrong with the credentials, the answer is the same`() async throws {
        try await withAPI { api in
            let right = try api.key([.enqueue])
            let expired = try api.key([.enqueue], expiresAt: Timestamp(microseconds: 0))
            let revoked = try api.key([.enqueue])
            let session = try api.database.storeSession()
            _ = try session.revoke(key: revoked.keyID, by: "test")
            session.close()
            let token = right.text
            let fields: [[String]] = [
                [], [""], ["Bearer"], ["Bearer "], ["Bearer x"], ["Basic dXNlcjpwYXNz"], [token], ["Bearer  \(token)"],
                ["Bearer \(token) x"], ["Token \(token)"], ["Bearer \(APIToken.random().text)"],
                ["Bearer \(expired.text)"], ["Bearer \(revoked.text)"], ["Bearer \(token)", "Bearer \(token)"],
                ["Bearer \(token.dropLast())0"],
            ]
            var answers: Set<[UInt8]> = []
            for field in fields {
                let headers = field.map { ("Authorization", $0) } + [("X-Request-Id", "same")]
                let answer = try api.ask("POST", "/v1/jobs", Self.job, headers: headers, token: .some(nil))
                #expect(answer.status == 401, "\(field)")
                #expect(answer["www-authenticate"] == "Bearer realm=\"tusk\"")
                answers.insert(answer.body)
            }
            #expect(answers.count == 1)
            #expect(try api.jobCount() == 0)
            for scheme in ["Bearer", "bearer", "BEARER"] {
                let headers = [("Authorization", "\(scheme) \(token)")]
                #expect(try api.ask("POST", "/v1/jobs", Self.job, headers: headers, token: .some(nil)).status == 201)
            }
            #expect(try api.ask("GET", "/v1/jobs?token=\(token)", token: .some(nil)).status == 401)
        }
    }

    @Test func `a wrong secret for a key that is in use is refused`() async throws {
        try await withAPI { api in
            #expect(try api.ask("POST", "/v1/jobs", Self.job).status == 201)
            let forged = try #require(APIToken.forged(keyID: api.token.keyID))
            #expect(forged.keyID == api.token.keyID)
            #expect(try api.ask("POST", "/v1/jobs", Self.job, token: forged.text).status == 401)
            #expect(try api.ask("POST", "/v1/jobs", Self.job).status == 201)
        }
    }

    @Test func `a key that was revoked stops working within the time it is cached`() async throws {
        try await withAPI {
            $0.keyCacheTime = .milliseconds(200)
        } _: { api in
            #expect(try api.ask("GET", "/v1/queues").status == 200)
            let session = try api.database.storeSession()
            defer { session.close() }
            #expect(try session.revoke(key: api.token.keyID, by: "test"))
            try await eventually { try api.ask("GET", "/v1/queues").status == 401 }
        }
    }

    @Test func `a key that was rotated works beside the new one until its time is over`() async throws {
        try await withAPI {
            $0.keyCacheTime = .milliseconds(200)
        } _: { api in
            let old = try api.key([.read])
            let new = APIToken.random()
            #expect(try api.ask("GET", "/v1/queues", token: old.text).status == 200)
            let session = try api.database.storeSession()
            defer { session.close() }
            let rotated = try session.rotate(
                key: old.keyID,
                to: new.keyID,
                tokenHash: new.hash,
                overlap: .seconds(3600),
                by: "test"
            )
            #expect(rotated?.scopes == ["read"] && rotated?.expiresAt == nil)
            #expect(try api.ask("GET", "/v1/queues", token: new.text).status == 200)
            #expect(try api.ask("PUT", "/v1/queues/a", "{}", token: new.text).status == 403, "the scopes are the same")
            // Longer than the cache relies on what it knew.
            let end = ContinuousClock.now + .milliseconds(500)
            while ContinuousClock.now < end {
                #expect(try api.ask("GET", "/v1/queues", token: old.text).status == 200)
            }
            try api.database.script("update tusk.api_key set expires_at = now() where replaced_by is not null")
            try await eventually { try api.ask("GET", "/v1/queues", token: old.text).status == 401 }
            #expect(try api.ask("GET", "/v1/queues", token: new.text).status == 200)
        }
    }

    @Test func `a rotated key lives as long as the old one was to live, and is rotated in its turn`() async throws {
        try await withAPI { api in
            let session = try api.database.storeSession()
            defer { session.close() }
            let now = try session.health().moment.microseconds
            let (day, hour) = (Int64(86_400_000_000), Int64(3_600_000_000))
            let old = try api.key([.read], expiresAt: Timestamp(microseconds: now + 10 * day))
            try api.database.script(
                "update tusk.api_key set created_at = created_at - interval '9 days' where id = '\(old.keyID)'"
            )
            func rotate(_ id: String, overlap: Duration) throws -> (token: APIToken, key: RotatedKey?) {
                let token = APIToken.random()
                let (id, hash) = (id, token.hash)
                let key = try session.rotate(key: id, to: token.keyID, tokenHash: hash, overlap: overlap, by: "test")
                return (token, key)
            }
            let first = try rotate(old.keyID, overlap: .seconds(30 * 86_400))
            let end = try #require(first.key?.expiresAt).microseconds
            #expect(abs(end - now - 19 * day) < hour, "its life is as long")
            #expect(first.key?.oldExpiresAt.microseconds == now + 10 * day, "an overlap makes no life longer")
            #expect(try rotate(old.keyID, overlap: .zero).key == nil, "once")
            #expect(try rotate(first.token.keyID, overlap: .zero).key != nil)
            #expect(try rotate(first.token.keyID, overlap: .zero).key == nil, "it has ended")
            #expect(try session.revoke(key: old.keyID, by: "test"))
            #expect(try rotate("none", overlap: .zero).key == nil)
            #expect(try api.database.number("select count(*) from tusk.audit where action = 'key.rotate'") == 2)
        }
    }

    @Test func `a key in steady use is refreshed without anybody waiting, and its use is noted`() async throws {
        try await withAPI {
            $0.keyCacheTime = .milliseconds(100)
        } _: { api in
            let end = ContinuousClock.now + .seconds(1)
            while ContinuousClock.now < end { #expect(try api.ask("GET", "/v1/queues").status == 200) }
            let used = "select count(*) from tusk.api_key where last_used_at is not null"
            try await eventually { try api.database.number(used) == 1 }
        }
    }

    @Test func `a wrong token that comes again and again is not looked up each time`() async throws {
        try await withAPI { api in
            let wrong = APIToken.random().text
            let statuses = try (0..<25).map { _ in try api.ask("GET", "/v1/queues", token: wrong).status }
            #expect(statuses.prefix(20).allSatisfy { $0 == 401 })
            #expect(statuses.last == 429)
            let limited = try api.ask("GET", "/v1/queues", token: wrong)
            #expect(try limited.problem == "too-many-failures")
            #expect(limited["retry-after"] != nil)
        }
    }

    @Test func `a key with a rate may make so many requests, whatever they ask, and others are not held up`()
        async throws
    {
        try await withAPI { api in
            let rate = try #require(RateLimit(2, per: .seconds(7200), burst: 3))
            let slow = try api.key([.read], rate: rate)
            let other = try api.key([.read])
            let paths = ["/v1/queues", "/v1/audit", "/v1/queues"]
            #expect(try paths.map { try api.ask("GET", $0, token: slow.text).status } == [200, 403, 200])
            let refused = try api.ask("GET", "/v1/queues", token: slow.text)
            #expect(refused.status == 429)
            #expect(try refused.problem == "rate-limited")
            let wait = try #require(refused["retry-after"].flatMap { Int($0) })
            #expect((3500...3600).contains(wait), "a token comes each hour")
            #expect(try api.ask("GET", "/v1/queues", token: other.text).status == 200)
            #expect(try api.ask("GET", "/livez", token: slow.text).status == 200, "open to all")
            let session = try api.database.storeSession()
            defer { session.close() }
            let new = APIToken.random()
            let hash = new.hash
            _ = try session.rotate(key: slow.keyID, to: new.keyID, tokenHash: hash, overlap: .zero, by: "test")
            #expect(try session.keys().map(\.rate).filter { $0 == rate }.count == 2, "a rotated key keeps it")
        }
    }

    @Test func `guesses do not lock out a right key of the same address, used or not`() async throws {
        try await withAPI { api in
            let unused = try api.key([.read])
            for _ in 0..<30 {
                let forged = try #require(APIToken.forged(keyID: unused.keyID))
                for guess in ["nonsense", APIToken.random().text, forged.text] {
                    #expect(try api.ask("GET", "/v1/queues", token: guess).status == 401)
                }
            }
            #expect(try api.ask("GET", "/v1/queues", token: unused.text).status == 200)
            #expect(try api.ask("GET", "/v1/queues").status == 200)
        }
    }

    @Test func `a token never gets into the log`() async throws {
        try await withAPI { api in
            let stranger = APIToken.random()
            _ = try api.ask("GET", "/v1/queues")
            _ = try api.ask("GET", "/v1/queues", token: stranger.text)
            try api.database.script("drop table tusk.api_key")
            _ = try api.ask("GET", "/v1/queues", token: APIToken.random().text)
            try await eventually { !api.log.text.isEmpty }
            for token in [api.token, stranger] {
                let secret = try #require(token.text.split(separator: "_").dropFirst(2).first)
                #expect(!api.log.text.contains(secret))
            }
        }
    }

    @Test func `without authentication everybody on this machine may, but no foreign page`() async throws {
        try await withAPI {
            $0.allowsAnonymous = true
        } _: { api in
            #expect(try api.ask("POST", "/v1/jobs", Self.job, token: .some(nil)).status == 201)
            #expect(try api.ask("POST", "/v1/queues/a:pause", token: .some(nil)).status == 200)
            let foreign = [("Origin", "http://evil.example")]
            let answer = try api.ask("POST", "/v1/queues/a:resume", headers: foreign, token: .some(nil))
            #expect(answer.status == 403)
            #expect(try answer.problem == "cross-origin")
        }
    }

    @Test func `with the database away nobody is let in by mistake`() async throws {
        try await withAPI(isProxied: true) { api in
            api.proxy?.mode = .cut
            let answer = try api.ask("GET", "/v1/queues")
            #expect(answer.status == 503)
            #expect(try answer.problem == "database-unavailable")
        }
    }
}
