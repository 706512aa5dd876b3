package import TuskHTTP

/// One resource and method: what it takes, who may use it, what it does.
package struct APIRoute: Sendable {
    package let method: HTTPMethod
    /// As the router knows it, such as `/v1/jobs/{id}:cancel`.
    package let pattern: String
    package let access: Access
    let body: BodyRule
    /// The parameters that the query may have; nil: any, because the route does not look at them.
    let parameters: [String]?
    let handle: @Sendable (Call) -> Void

    init(
        _ method: HTTPMethod,
        _ pattern: String,
        _ access: Access,
        body: BodyRule = .none,
        parameters: [String]? = [],
        handle: @escaping @Sendable (Call) -> Void
    ) {
        self.method = method
        self.pattern = pattern
        self.access = access
        self.body = body
        self.parameters = parameters
        self.handle = handle
    }
}
