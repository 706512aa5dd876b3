/// What the OpenAPI description says of a route beside what the route says itself.
struct DocumentEntry: Sendable {
    /// An answer that is no problem.
    struct Answer: Sendable {
        let status: Int
        let meaning: String
        /// The media type of its body; nil: it has none.
        var type: String?
        /// The name of its schema; nil: any.
        var schema: String?
    }

    /// The name of the operation in generated clients.
    let id: String
    let summary: String
    /// The name of the schema of the body; nil: it takes none.
    var request: String?
    var isBodyRequired = true
    var requestTypes = ["application/json"]
    /// Header fields it looks at.
    var headers: [String] = []
    let answers: [Answer]
    /// What it refuses with, beside what all routes of its sort do.
    var problems: [ProblemKind] = []
}
