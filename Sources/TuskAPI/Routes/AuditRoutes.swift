import TuskCore
import TuskHTTP
import TuskStore

/// What operators changed: who, what, when and why.
struct AuditRoutes: Sendable {
    let services: Services

    private static let pageSizeStandard = 50
    private static let filters = ["actor", "action", "target", "since"]

    var routes: [APIRoute] {
        let parameters = Self.filters + ["page_size", "page_token"]
        return [APIRoute(.get, "/v1/audit", .scope(.admin), parameters: parameters, handle: list)]
    }

    private struct Page: Sendable {
        let filter: AuditFilter
        let size: Int
        let below: Int64?
        let listName: String
    }

    private func list(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            // One less than the store's limit, which is one more than the page has.
            let size = try call.pageSize(standard: Self.pageSizeStandard, max: StoreSession.listAuditMax - 1)
            let name = Self.listName(call)
            let filter = try Self.filter(call)
            return Page(filter: filter, size: size, below: try Self.start(call, name), listName: name)
        } _: { desk, page throws(Problem) in
            let found = try desk.ask { session throws(StoreError) in
                try session.audit(page.filter, below: page.below, limit: page.size + 1)
            }
            let records = Array(found.prefix(page.size))
            return .object { writer in
                writer.member("audit", records) { $0.members(of: $1) }
                guard found.count > page.size, let last = records.last else { return }
                writer.member("next_page_token", PageToken.text(Array(String(last.id).utf8), list: page.listName))
            }
        }
    }

    private static func filter(_ call: Call) throws(Problem) -> AuditFilter {
        var filter = AuditFilter()
        filter.actor = try text("actor", call)
        if let text = call.request.query["action"] {
            guard let action = AuditAction(rawValue: text) else {
                let names = AuditAction.allCases.map(\.rawValue).joined(separator: ", ")
                throw .parameter("action", code: "unknown_value", "action is one of \(names).")
            }
            filter.action = action
        }
        if let text = try text("target", call) { filter.narrow(toTarget: text) }
        if let text = call.request.query["since"] {
            guard let moment = Timestamp(rfc3339: text) else {
                throw .parameter("since", code: "invalid_time", "since is an RFC 3339 time with an offset.")
            }
            filter.since = moment
        }
        return filter
    }

    /// A parameter that names somebody or something: 1 to 256 bytes without NUL.
    private static func text(_ parameter: String, _ call: Call) throws(Problem) -> String? {
        guard let text = call.request.query[parameter] else { return nil }
        guard (1...256).contains(text.utf8.count), !text.utf8.contains(0) else {
            throw .parameter(parameter, code: "invalid_name", "\(parameter) has 1 to 256 bytes, none of them 0.")
        }
        return text
    }

    /// What list this is, for its tokens: a text for each filter, with its length, so that no two lists share a name.
    private static func listName(_ call: Call) -> String {
        let texts = filters.map { call.request.query[$0] ?? "" }
        return "audit" + texts.map { "/\($0.utf8.count):\($0)" }.joined()
    }

    private static func start(_ call: Call, _ listName: String) throws(Problem) -> Int64? {
        guard let place = try PageToken.place(call, list: listName) else { return nil }
        guard let id = JobID(String(decoding: place, as: UTF8.self))?.rawValue else { throw PageToken.refusal }
        return id
    }
}
