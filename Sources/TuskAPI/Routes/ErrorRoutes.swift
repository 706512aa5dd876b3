import TuskCore
import TuskHTTP
import TuskStore

/// Discarded jobs in groups by how they failed.
struct ErrorRoutes: Sendable {
    let services: Services

    private static let pageSizeStandard = 50

    var routes: [APIRoute] {
        let parameters = ["kind", "queue", "reason", "fingerprint", "page_size"]
        return [APIRoute(.get, "/v1/errors", .scope(.read), parameters: parameters, handle: list)]
    }

    private func list(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            let size = try call.pageSize(standard: Self.pageSizeStandard, max: StoreSession.errorGroupsMax)
            return (filter: try Self.filter(call), size: size)
        } _: { desk, input throws(Problem) in
            let found = try desk.ask { session throws(StoreError) in
                try session.errorGroups(input.filter, max: input.size)
            }
            return .object { writer in
                writer.member("errors", found.groups) { $0.members(of: $1) }
                writer.member("examined", Int(found.examined))
                writer.member("examined_max", StoreSession.failuresExaminedMax)
            }
        }
    }

    private static func filter(_ call: Call) throws(Problem) -> FailureFilter {
        var filter = FailureFilter()
        filter.kind = try call.queryName("kind") { Kind($0) }
        filter.queue = try call.queryName("queue") { QueueName($0) }
        filter.reason = try call.queryName("reason") { NameRule.allows($0) ? $0 : nil }
        if let text = call.request.query["fingerprint"] {
            guard let fingerprint = ErrorFingerprint(text) else {
                throw .parameter("fingerprint", code: "invalid_name", "fingerprint \(ErrorFingerprint.rule).")
            }
            filter.fingerprint = fingerprint
        }
        return filter
    }
}
