import TuskHTTP

/// Serves the description of all routes.
struct DocumentRoute: Sendable {
    /// All routes but this one.
    let others: [APIRoute]
    /// Of the program.
    let version: String

    /// The description, of this route too.
    var document: [UInt8] {
        let described = APIRoute(.get, "/openapi.json", .open, parameters: nil) { _ in }
        return APIDocument(others + [described], version: version).bytes
    }

    /// This route.
    var route: APIRoute {
        let document = document
        return APIRoute(.get, "/openapi.json", .open, parameters: nil) { call in
            let headers = [("Content-Type", "application/json"), ("Cache-Control", "no-cache")]
            call.answer(HTTPResponse(status: 200, headers: headers, body: document))
        }
    }
}
