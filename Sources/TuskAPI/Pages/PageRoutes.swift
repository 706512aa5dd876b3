import TuskCore
import TuskHTTP

/// The dashboard. Its files hold no data: the pages ask the API for it, with the key of who looks at them.
struct PageRoutes: Sendable {
    /// The addresses of pages. All are answered with the same file, whose script shows what the path says; the query is
    /// the script's too.
    static let patterns = [
        "/jobs", "/jobs/{id}", "/errors", "/queues", "/queues/{name}", "/schedules", "/schedules/{name}", "/workers",
        "/limits", "/order-keys", "/health", "/audit",
    ]

    var routes: [APIRoute] {
        [
            APIRoute(.get, "/", .open, parameters: nil, handle: home),
            APIRoute(.get, "/assets/{name}", .open, handle: asset),
        ] + Self.patterns.map { APIRoute(.get, $0, .open, parameters: nil, handle: page) }
    }

    private func page(_ call: Call) {
        call.answer(Self.shell(call))
    }

    private static func shell(_ call: Call) -> HTTPResponse {
        PageFile.shell.response(ifNoneMatch: call.request.headers.all("If-None-Match"))
    }

    private func asset(_ call: Call) {
        guard let name = call.request.parameters["name"], let file = PageFile.all[name] else {
            return call.refuse(Problem(HTTPRefusal(.notFound)))
        }
        call.answer(file.response(ifNoneMatch: call.request.headers.all("If-None-Match")))
    }

    /// The overview for browsers; for programs, where they have landed.
    private func home(_ call: Call) {
        var response = Self.wantsPage(call.request.headers["Accept"]) ? Self.shell(call) : Self.links
        response.headers.append(("Vary", "Accept"))
        call.answer(response)
    }

    private static let links = HTTPResponse.object { writer in
        writer.member("name", "tusk")
        writer.member("about", "A job queue on PostgreSQL. Enqueue a job with POST /v1/jobs.")
        writer.key("links")
        writer.beginObject()
        for (name, path) in resources { writer.member(name, path) }
        writer.endObject()
    }

    private static let resources = [
        ("jobs", "/v1/jobs"), ("queues", "/v1/queues"), ("schedules", "/v1/schedules"), ("workers", "/v1/workers"),
        ("limits", "/v1/limits"), ("live", "/livez"), ("ready", "/readyz"), ("metrics", "/metrics"),
        ("version", "/version"),
    ]

    /// The page that says that there is no such page, for browsers; nil for programs, which get a problem.
    static func notFound(_ refusal: HTTPRefusal) -> HTTPResponse? {
        guard refusal.reason == .notFound, wantsPage(refusal.accept) else { return nil }
        return PageFile.shell.response(404)
    }

    /// Whether a client that sends this `Accept` is to see a page: it names HTML, and JSON only behind it.
    static func wantsPage(_ accept: String?) -> Bool {
        let ranges = (accept ?? "").lowercased().split(separator: ",").map { range in
            range.drop { $0 == " " || $0 == "\t" }.prefix { $0 != ";" && $0 != " " && $0 != "\t" }
        }
        return ranges.first { $0 == "text/html" || $0 == "application/json" } == "text/html"
    }
}
