/// How a route takes the body of a request.
package enum BodyRule: Sendable, Hashable {
    /// A body is refused with 400.
    case none
    /// The handler is called once the whole body is there; a longer one is refused with 413.
    case buffered(bytesMax: Int)
    /// The handler is called before the body and reads it from `HTTPResponder.bodyStream`.
    case streamed(bytesMax: Int)

    /// Whether the handler is called before the body.
    var isStreamed: Bool {
        guard case .streamed = self else { return false }
        return true
    }

    /// The longest body in bytes.
    var bytesMax: Int {
        switch self {
        case .none: 0
        case .buffered(let bytesMax), .streamed(let bytesMax): bytesMax
        }
    }
}

/// Called on the server's thread for each request of a route; it must not block. It answers at once or hands the
/// responder to whoever will.
package typealias HTTPHandler = @Sendable (HTTPRequest, HTTPResponder) -> Void

/// Finds the handler for a method and a path.
///
/// Patterns are paths whose segments are literal (`/v1/jobs:bulk`), a parameter (`{id}`) or a parameter with a literal
/// end (`{id}:cancel`). The most literal match wins, segment by segment; a parameter is never empty. A trailing slash
/// is another path. GET routes answer HEAD, and every path answers OPTIONS.
package struct Router: Sendable {
    private var root = Node()
    private(set) var routes: [Route] = []

    /// A router without routes.
    package init() {}

    /// Adds a route. Two routes of one method and pattern, and braces that are not a whole parameter, are mistakes of
    /// the program.
    package mutating func add(
        _ method: HTTPMethod,
        _ pattern: String,
        body: BodyRule = .none,
        handler: @escaping HTTPHandler
    ) {
        precondition(pattern.utf8.first == Bytes.slash, "a pattern starts with a slash")
        let segments = pattern.utf8.dropFirst().split(separator: Bytes.slash, omittingEmptySubsequences: false)
        let index = routes.count
        routes.append(Route(method: method, template: pattern, body: body, handler: handler))
        root.add(segments.map { RouteSegment(Array($0)) }[...], method: method, route: index, names: [])
    }

    /// The route for a method and a decoded path that starts with a slash.
    func find(_ method: HTTPMethod, _ path: ArraySlice<UInt8>) -> Found {
        guard path.first == Bytes.slash else { return .notFound }
        var values: [Range<Int>] = []
        guard let leaf = root.find(path, from: path.startIndex + 1, values: &values) else { return .notFound }
        guard let place = leaf.place(for: method) else { return .methodNotAllowed(leaf.methods) }
        var parameters: [String: String] = [:]
        for (name, range) in zip(place.names, values) {
            parameters[name] = String(decoding: path[range], as: UTF8.self)
        }
        let route = routes[place.route]
        return .route(
            RouteMatch(
                template: route.template,
                parameters: parameters,
                body: route.body,
                handler: route.handler
            )
        )
    }

    /// What a method and a path lead to.
    enum Found {
        case route(RouteMatch)
        case methodNotAllowed([HTTPMethod])
        case notFound
    }
}

/// One route as it was added.
struct Route: Sendable {
    let method: HTTPMethod
    let template: String
    let body: BodyRule
    let handler: HTTPHandler
}

/// A route and what its parameters stand for in one request.
struct RouteMatch: Sendable {
    let template: String
    let parameters: [String: String]
    let body: BodyRule
    let handler: HTTPHandler
}

/// One segment of a pattern.
private enum RouteSegment: Sendable, Hashable {
    case literal([UInt8])
    case parameter(name: String, ending: [UInt8])

    init(_ bytes: [UInt8]) {
        guard bytes.first == UInt8(ascii: "{") else {
            precondition(!bytes.contains { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "}") }, "stray brace")
            self = .literal(bytes)
            return
        }
        guard let close = bytes.firstIndex(of: UInt8(ascii: "}")), close > 1 else {
            preconditionFailure("a parameter has a name and a closing brace")
        }
        self = .parameter(name: String(decoding: bytes[1..<close], as: UTF8.self), ending: Array(bytes[(close + 1)...]))
    }
}

/// A segment in the tree of patterns.
private struct Node: Sendable {
    /// A route at this node, and the names of the parameters on the way to it.
    struct Place: Sendable {
        let method: HTTPMethod
        let route: Int
        let names: [String]
    }

    private var literals: [(bytes: [UInt8], node: Node)] = []
    /// Longest ending first, so that `{id}:cancel` is tried before `{id}`.
    private var parameters: [(ending: [UInt8], node: Node)] = []
    private var places: [Place] = []

    /// The methods of this node for `Allow`, with those every path has.
    var methods: [HTTPMethod] {
        let added = places.map(\.method)
        return HTTPMethod.allCases.filter {
            added.contains($0) || $0 == .options || ($0 == .head && added.contains(.get))
        }
    }

    func place(for method: HTTPMethod) -> Place? {
        places.first { $0.method == method } ?? (method == .head ? places.first { $0.method == .get } : nil)
    }

    mutating func add(_ segments: ArraySlice<RouteSegment>, method: HTTPMethod, route: Int, names: [String]) {
        guard let segment = segments.first else {
            precondition(!places.contains { $0.method == method }, "a method has one route for a pattern")
            places.append(Place(method: method, route: route, names: names))
            return
        }
        let rest = segments.dropFirst()
        switch segment {
        case .literal(let bytes):
            let index = literals.firstIndex { $0.bytes == bytes } ?? literals.endIndex
            if index == literals.endIndex { literals.append((bytes, Node())) }
            literals[index].node.add(rest, method: method, route: route, names: names)
        case .parameter(let name, let ending):
            if !parameters.contains(where: { $0.ending == ending }) {
                let place = parameters.firstIndex { $0.ending.count < ending.count } ?? parameters.endIndex
                parameters.insert((ending, Node()), at: place)
            }
            for index in parameters.indices where parameters[index].ending == ending {
                parameters[index].node.add(rest, method: method, route: route, names: names + [name])
            }
        }
    }

    /// The node with routes that the rest of `path` leads to; `values` are the parameters on the way.
    func find(_ path: ArraySlice<UInt8>, from start: Int, values: inout [Range<Int>]) -> Node? {
        let end = path[start...].firstIndex(of: Bytes.slash) ?? path.endIndex
        let isLast = end == path.endIndex
        let segment = path[start..<end]
        for (bytes, node) in literals where segment.elementsEqual(bytes) {
            if isLast {
                if !node.places.isEmpty { return node }
            } else if let found = node.find(path, from: end + 1, values: &values) {
                return found
            }
        }
        for (ending, node) in parameters where segment.count > ending.count {
            guard segment.suffix(ending.count).elementsEqual(ending) else { continue }
            values.append(start..<end - ending.count)
            if isLast {
                if !node.places.isEmpty { return node }
            } else if let found = node.find(path, from: end + 1, values: &values) {
                return found
            }
            values.removeLast()
        }
        return nil
    }
}
