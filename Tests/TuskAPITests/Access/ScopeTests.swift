import TestSupport
import Testing
import TuskHTTP
import TuskStore

@testable import TuskAPI

struct ScopeTests {
    /// What each route needs. A route that is not here fails the test: nothing is open by accident.
    static let needed: [String: Access] = [
        "POST /v1/jobs": .scope(.enqueue), "POST /v1/jobs:bulk": .scope(.enqueue), "GET /v1/jobs": .scope(.read),
        "GET /v1/jobs/{id}": .scope(.read), "GET /v1/jobs/{id}/events": .scope(.read),
        "PATCH /v1/jobs/{id}": .scope(.operate), "POST /v1/jobs/{id}:cancel": .scope(.operate),
        "POST /v1/jobs/{id}:retry": .scope(.operate), "GET /v1/queues": .scope(.read),
        "GET /v1/queues/{name}/explain": .scope(.read), "PUT /v1/queues/{name}": .scope(.operate),
        "POST /v1/queues/{name}:pause": .scope(.operate), "POST /v1/queues/{name}:resume": .scope(.operate),
        "GET /v1/schedules": .scope(.read), "GET /v1/schedules/{name}": .scope(.read),
        "PUT /v1/schedules/{name}": .scope(.operate), "DELETE /v1/schedules/{name}": .scope(.operate),
        "GET /v1/jobs/{id}/explain": .scope(.read), "GET /v1/limits": .scope(.read),
        "PUT /v1/limits/{key}": .scope(.operate),
        "DELETE /v1/limits/{key}": .scope(.operate), "POST /v1/limits/{key}:pause": .scope(.operate),
        "POST /v1/limits/{key}:resume": .scope(.operate), "POST /v1/limits/{key}:close": .scope(.operate),
        "GET /v1/order-keys": .scope(.read),
        "GET /v1/stats/series": .scope(.read),
        "GET /v1/doctor": .scope(.read),
        "POST /v1/order-keys/{key}:release": .scope(.operate),
        "POST /v1/schedules/{name}:pause": .scope(.operate), "POST /v1/schedules/{name}:resume": .scope(.operate),
        "POST /v1/schedules/{name}:trigger": .scope(.operate), "POST /v1/schedules:preview": .scope(.read),
        "GET /v1/schedules/{name}/preview": .scope(.read), "GET /v1/schedules/{name}/ticks": .scope(.read),
        "GET /v1/workers": .scope(.read), "POST /v1/claims": .scope(.work),
        "POST /v1/claims/{lease}:heartbeat": .scope(.work), "POST /v1/claims/{lease}:settle": .scope(.work),
        "POST /v1/claims/{lease}:report": .scope(.work),
        "GET /livez": .open, "GET /openapi.json": .open,
        "GET /healthz": .open, "GET /readyz": .open, "GET /metrics": .openOnLoopback(.read), "GET /version": .open,
        "GET /": .open, "GET /assets/{name}": .open, "GET /jobs": .open, "GET /jobs/{id}": .open,
        "GET /errors": .open, "GET /queues": .open, "GET /schedules": .open, "GET /schedules/{name}": .open,
        "GET /workers": .open, "GET /limits": .open, "GET /health": .open, "GET /audit": .open,
        "GET /order-keys": .open,
        "GET /queues/{name}": .open,
        "GET /v1/audit": .scope(.admin),
        "GET /v1/errors": .scope(.read), "GET /v1/operations": .scope(.read),
        "POST /v1/operations": .scope(.operate), "GET /v1/operations/{id}": .scope(.read),
        "POST /v1/operations/{id}:cancel": .scope(.operate), "POST /v1/queues/{name}:purge": .scope(.operate),
    ]

    @Test func `every route lets in exactly the scope it needs, and admin`() async throws {
        try await withAPI { api in
            let names = api.api.routes.map { "\($0.method.rawValue) \($0.pattern)" }
            #expect(Set(names) == Set(Self.needed.keys) && names.count == Self.needed.count)
            var tokens: [Scope?: String] = [nil: try api.key([]).text]
            for scope in Scope.allCases { tokens[scope] = try api.key([scope]).text }
            for (name, access) in Self.needed {
                let comment = Comment(rawValue: name)
                let method = String(name.prefix { $0 != " " })
                let path = Self.path(String(name.dropFirst(method.count + 1)))
                for (scope, token) in tokens {
                    let answer = try api.ask(method, path, token: token)
                    let isLetIn = answer.status != 401 && answer.status != 403
                    switch access {
                    case .open, .openOnLoopback: #expect(isLetIn, "\(name)")
                    case .scope(let wanted):
                        #expect(isLetIn == (scope == wanted || scope == .admin), comment)
                        guard !isLetIn else { continue }
                        #expect(answer.status == 403)
                        #expect(try answer.problem == "missing-scope")
                        #expect(try answer.string("missing_scope") == wanted.rawValue)
                    }
                }
                let isOpen = try api.ask(method, path, token: .some(nil)).status != 401
                #expect(isOpen == (access == .open || access == .openOnLoopback(.read)), "\(name) without credentials")
            }
        }
    }

    /// The pattern with 1 for each parameter.
    private static func path(_ pattern: String) -> String {
        let segments = pattern.split(separator: "/", omittingEmptySubsequences: false)
        return segments.map { $0.hasPrefix("{") ? "1" + $0.drop { $0 != "}" }.dropFirst() : String($0) }
            .joined(separator: "/")
    }

    @Test func `several scopes open what each of them opens`() async throws {
        try await withAPI { api in
            let token = try api.key([.enqueue, .read]).text
            #expect(try api.ask("POST", "/v1/jobs", #"{"kind":"a"}"#, token: token).status == 201)
            #expect(try api.ask("GET", "/v1/jobs", token: token).status == 200)
            #expect(try api.ask("POST", "/v1/queues/a:pause", token: token).status == 403)
        }
    }

    @Test func `metrics are not open through a proxy or under a foreign name`() async throws {
        try await withAPI { api in
            var request = api.request("GET", "/metrics", token: .some(nil))
            #expect(try TestClient(api.address).ask(request).status == 200)
            request.host = "tusk.example"
            #expect(try TestClient(api.address).ask(request).status == 401)
            for field in ["Forwarded", "Via", "X-Forwarded-For", "X-Real-IP"] {
                let answer = try api.ask("GET", "/metrics", headers: [(field, "10.0.0.1")], token: .some(nil))
                #expect(answer.status == 401, "\(field)")
            }
        }
    }

    @Test(.enabled(if: LocalNetwork.address != nil, "this machine has an address besides loopback"))
    func `metrics are open on this machine only`() async throws {
        let host = try #require(LocalNetwork.address)
        try await withAPI(host: host) { api in
            #expect(try api.ask("GET", "/livez", token: .some(nil)).status == 200)
            #expect(try api.ask("GET", "/metrics", token: .some(nil)).status == 401)
            let (stranger, reader) = (try api.key([.enqueue]), try api.key([.read]))
            #expect(try api.ask("GET", "/metrics", token: stranger.text).status == 403)
            #expect(try api.ask("GET", "/metrics", token: reader.text).status == 200)
        }
    }
}
