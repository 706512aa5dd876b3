import TuskCore
import TuskHTTP
import TuskStore

/// Order keys that jobs wait for, and how to let a line go on without a discarded job.
struct OrderKeyRoutes: Sendable {
    let services: Services

    private static let listName = "order-keys"
    private static let pageSizeStandard = 50
    private static let pageSizeMax = 1000

    var routes: [APIRoute] {
        let body = BodyRule.buffered(bytesMax: 4096)
        return [
            APIRoute(.get, "/v1/order-keys", .scope(.read), parameters: ["page_size", "page_token"], handle: list),
            APIRoute(.post, "/v1/order-keys/{key}:release", .scope(.operate), body: body, handle: release),
        ]
    }

    private func list(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            let size = try call.pageSize(standard: Self.pageSizeStandard, max: Self.pageSizeMax)
            let place = try PageToken.place(call, list: Self.listName)
            return (size: size, after: place.map { String(decoding: $0, as: UTF8.self) })
        } _: { desk, page throws(Problem) in
            let found = try desk.ask { session throws(StoreError) in
                try session.orderKeys(after: page.after, max: page.size + 1)
            }
            let keys = Array(found.prefix(page.size))
            return .object { writer in
                writer.member("order_keys", keys) { $0.members(of: $1) }
                guard found.count > page.size, let last = keys.last else { return }
                writer.member("next_page_token", PageToken.text(Array(last.key.utf8), list: Self.listName))
            }
        }
    }

    private func release(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            guard let key = call.request.parameters["key"], NameRule.allows(key) else {
                throw .parameter("key", code: "invalid_name", "The key in the path \(NameRule.text).")
            }
            return (key: key, reason: try call.reason())
        } _: { desk, input throws(Problem) in
            let answer = try desk.ask { session throws(StoreError) in
                try session.releaseOrderKey(input.key, by: desk.author(input.reason))
            }
            switch answer {
            case .released(let queues):
                services.effects.wake(queues)
                return .object { $0.member("key", input.key) }
            case .busy: throw Problem(.orderKeyBusy, "The job that holds the key is not over.")
            case .notFound: throw Problem(.orderKeyNotFound, "No job has this order key.")
            }
        }
    }
}
