import Testing

@testable import TuskHTTP

struct RouterTests {
    private static let router: Router = {
        var router = Router()
        let handler: HTTPHandler = { _, _ in }
        router.add(.get, "/", handler: handler)
        router.add(.get, "/v1/jobs", handler: handler)
        router.add(.post, "/v1/jobs", body: .buffered(bytesMax: 1), handler: handler)
        router.add(.post, "/v1/jobs:bulk", body: .streamed(bytesMax: 2), handler: handler)
        router.add(.get, "/v1/jobs/{id}", handler: handler)
        router.add(.delete, "/v1/jobs/{id}", handler: handler)
        router.add(.post, "/v1/jobs/{id}:cancel", handler: handler)
        router.add(.post, "/v1/jobs/{id}:retry", handler: handler)
        router.add(.get, "/v1/jobs/{id}/events", handler: handler)
        router.add(.get, "/v1/queues/{queue}/jobs/{id}", handler: handler)
        router.add(.get, "/v1/events/stream", handler: handler)
        router.add(.get, "/v1/{kind}/stream", handler: handler)
        router.add(.get, "/v1/{kind}/{name}/last", handler: handler)
        return router
    }()

    /// What the router says: `pattern name=value`, `405 methods` or `404`.
    private static func answer(_ method: HTTPMethod, _ path: String) -> String {
        switch router.find(method, Array(path.utf8)[...]) {
        case .route(let match):
            ([match.template] + match.parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
                .joined(separator: " ")
        case .methodNotAllowed(let methods): "405 \(HTTPResponse.list(methods))"
        case .notFound: "404"
        }
    }

    @Test(arguments: [
        (HTTPMethod.get, "/", "/"),
        (.get, "/v1/jobs", "/v1/jobs"),
        (.head, "/v1/jobs", "/v1/jobs"),
        (.post, "/v1/jobs:bulk", "/v1/jobs:bulk"),
        (.get, "/v1/jobs/17", "/v1/jobs/{id} id=17"),
        (.delete, "/v1/jobs/17", "/v1/jobs/{id} id=17"),
        (.post, "/v1/jobs/17:cancel", "/v1/jobs/{id}:cancel id=17"),
        (.post, "/v1/jobs/a:cancel:cancel", "/v1/jobs/{id}:cancel id=a:cancel"),
        (.get, "/v1/jobs/17:cancelled", "/v1/jobs/{id} id=17:cancelled"),
        (.get, "/v1/jobs/17/events", "/v1/jobs/{id}/events id=17"),
        (.get, "/v1/queues/a.b:c/jobs/1", "/v1/queues/{queue}/jobs/{id} id=1 queue=a.b:c"),
        (.get, "/v1/events/stream", "/v1/events/stream"),
        (.get, "/v1/other/stream", "/v1/{kind}/stream kind=other"),
        (.get, "/v1/events/x/last", "/v1/{kind}/{name}/last kind=events name=x"),
        (.get, "/v1/jobs/17/last", "/v1/{kind}/{name}/last kind=jobs name=17"),
        (.put, "/v1/jobs", "405 GET, HEAD, POST, OPTIONS"),
        (.get, "/v1/jobs/17:cancel", "405 POST, OPTIONS"),
        (.post, "/v1/jobs/17", "405 GET, HEAD, DELETE, OPTIONS"),
        (.get, "/v1/jobs:bulk", "405 POST, OPTIONS"),
        (.head, "/v1/jobs:bulk", "405 POST, OPTIONS"),
        (.get, "/v1/jobs/", "404"),
        (.get, "//v1/jobs", "404"),
        (.get, "/v1//jobs", "404"),
        (.get, "/v1", "404"),
        (.get, "/V1/jobs", "404"),
        (.post, "/v1/jobs/:cancel", "405 GET, HEAD, DELETE, OPTIONS"),
        (.get, "/v1/jobs/17/events/", "404"),
        (.get, "", "404"),
        (.get, "*", "404"),
    ])
    func `a path leads to its most literal pattern`(method: HTTPMethod, path: String, answer: String) {
        #expect(Self.answer(method, path) == answer)
    }

    @Test func `a pattern with a stray brace is a mistake of the program`() async {
        await #expect(processExitsWith: .failure) {
            var router = Router()
            router.add(.get, "/x{id}") { _, _ in }
        }
    }

    @Test func `a route added twice is a mistake of the program`() async {
        await #expect(processExitsWith: .failure) {
            var router = Router()
            router.add(.get, "/{a}") { _, _ in }
            router.add(.get, "/{b}") { _, _ in }
        }
    }
}
