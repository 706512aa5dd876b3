import TuskCore
import TuskHTTP
import TuskStore

/// The OpenAPI 3.1 description of the routes, made from the routes themselves: paths, parameters, bodies and scopes are
/// theirs; `DocumentEntry` adds what each does and answers.
struct APIDocument {
    /// JSON, to be served as it is.
    let bytes: [UInt8]

    /// `routes`: all of them; pages of the dashboard are left out. `version`: of the program.
    init(_ routes: [APIRoute], version: String) {
        var writer = JSONWriter(capacity: 64 * 1024)
        writer.beginObject()
        writer.member("openapi", "3.1.0")
        writer.key("info")
        writer.beginObject()
        writer.member("title", "Tusk")
        writer.member("version", version)
        writer.member("summary", "A job queue on PostgreSQL.")
        writer.key("license")
        writer.beginObject()
        writer.member("name", "Apache 2.0")
        writer.member("identifier", "Apache-2.0")
        writer.endObject()
        writer.endObject()
        writer.key("servers")
        writer.raw(#"[{"url":"/"}]"#.utf8)
        writer.key("paths")
        writer.beginObject()
        var patterns: [String] = []
        for route in routes where DocumentEntry.all[route.name] != nil && !patterns.contains(route.pattern) {
            patterns.append(route.pattern)
        }
        for pattern in patterns {
            writer.key(pattern)
            writer.beginObject()
            for route in routes where route.pattern == pattern {
                if let entry = DocumentEntry.all[route.name] { Self.write(route, entry, to: &writer) }
            }
            writer.endObject()
        }
        writer.endObject()
        writer.key("components")
        writer.raw(DocumentSchemas.components.utf8)
        writer.endObject()
        bytes = writer.bytes
    }

    private static func write(_ route: APIRoute, _ entry: DocumentEntry, to writer: inout JSONWriter) {
        writer.key(route.method.rawValue.lowercased())
        writer.beginObject()
        writer.member("operationId", entry.id)
        writer.member("summary", entry.summary)
        switch route.access {
        case .open: writer.member("x-scope", "none")
        case .scope(let scope), .openOnLoopback(let scope):
            writer.member("x-scope", scope.rawValue)
            writer.key("security")
            writer.raw(#"[{},{"key":[]}]"#.utf8)
        }
        writeParameters(of: route, entry, to: &writer)
        if let schema = entry.request {
            writer.key("requestBody")
            writer.beginObject()
            writer.key("required")
            writer.bool(entry.isBodyRequired)
            writer.key("content")
            writer.beginObject()
            for type in entry.requestTypes { write(content: type, schema, to: &writer) }
            writer.endObject()
            writer.endObject()
        }
        writer.key("responses")
        writer.beginObject()
        for answer in entry.answers {
            writer.key(String(answer.status))
            writer.beginObject()
            writer.member("description", answer.meaning)
            if let type = answer.type {
                writer.key("content")
                writer.beginObject()
                write(content: type, answer.schema, to: &writer)
                writer.endObject()
            }
            writer.endObject()
        }
        for (status, kinds) in problems(of: route, entry) {
            writer.key(String(status))
            writer.beginObject()
            writer.member("description", kinds.map(\.rawValue).joined(separator: ", "))
            writer.key("content")
            writer.beginObject()
            write(content: "application/problem+json", "Problem", to: &writer)
            writer.endObject()
            writer.endObject()
        }
        writer.endObject()
        writer.endObject()
    }

    private static func write(content type: String, _ schema: String?, to writer: inout JSONWriter) {
        writer.key(type)
        writer.beginObject()
        if let schema {
            writer.key("schema")
            writer.beginObject()
            writer.member("$ref", "#/components/schemas/\(schema)")
            writer.endObject()
        }
        writer.endObject()
    }

    private static func writeParameters(of route: APIRoute, _ entry: DocumentEntry, to writer: inout JSONWriter) {
        let inPath = route.pattern.split(separator: "{").dropFirst().map { String($0.prefix { $0 != "}" }) }
        let inQuery = route.parameters ?? []
        guard !inPath.isEmpty || !inQuery.isEmpty || !entry.headers.isEmpty else { return }
        writer.key("parameters")
        writer.beginArray()
        let places = inPath.map { ($0, "path") } + inQuery.map { ($0, "query") } + entry.headers.map { ($0, "header") }
        for (name, place) in places {
            writer.beginObject()
            writer.member("name", name)
            writer.member("in", place)
            writer.key("required")
            writer.bool(place == "path")
            writer.key("schema")
            writer.raw((DocumentSchemas.parameters[name] ?? #"{"type":"string"}"#).utf8)
            writer.endObject()
        }
        writer.endArray()
    }

    /// What a route may refuse with, by status: its own reasons, and those that its access, parameters and body bring.
    static func problems(of route: APIRoute, _ entry: DocumentEntry) -> [(status: Int, kinds: [ProblemKind])] {
        var kinds = Set(entry.problems)
        kinds.formUnion([.invalidRequest, .overloaded, .draining, .internalError])
        if route.parameters != nil { kinds.insert(.unknownParameter) }
        if route.parameters?.contains("page_token") == true { kinds.insert(.invalidPageToken) }
        if case .open = route.access {
        } else {
            kinds.formUnion([.unauthenticated, .missingScope, .crossOrigin, .tooManyFailures, .rateLimited])
            kinds.formUnion([.databaseUnavailable, .schemaMismatch])
        }
        if entry.request != nil {
            kinds.formUnion([.invalidJSON, .bodyTooLarge, .unsupportedMediaType, .validation])
        }
        let known = Set(entry.answers.map(\.status))
        return Dictionary(grouping: kinds, by: \.status).filter { !known.contains($0.key) }
            .map { (status: $0.key, kinds: $0.value.sorted { $0.rawValue < $1.rawValue }) }
            .sorted { $0.status < $1.status }
    }
}

extension APIRoute {
    /// As documents and tests name it: `POST /v1/jobs`.
    package var name: String { "\(method.rawValue) \(pattern)" }
}
