import TuskHTTP

/// Serves the description of all routes.
struct DocumentRoute: Sendable {
    /// All routes but this one.
    let others: [APIRoute]
    /// Of the program.
    let version: String

    /// This route, whose answer describes it too.
    var route: APIRoute {
        let described = APIRoute(.get, "/openapi.json", .open, parameters: nil) { _ in }
        let document = APIDocument(others + [described], version: version).bytes
        return APIRoute(.get, "/openapi.json", .open, parameters: nil) { call in
            let headers = [("Content-Type", "application/json"), ("Cache-Control", "no-cache")]
            call.answer(HTTPResponse(status: 200, headers: headers, body: document))
        }
    }
}
