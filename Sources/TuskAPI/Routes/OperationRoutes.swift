import TuskCore
import TuskHTTP
import TuskStore
import TuskTelemetry

/// What is done to many jobs: asked for here, carried out by the scheduler.
struct OperationRoutes: Sendable {
    let services: Services

    private static let listName = "operations"
    private static let pageSizeStandard = 50
    private static let body = BodyRule.buffered(bytesMax: 4096)

    var routes: [APIRoute] {
        [
            APIRoute(.get, "/v1/operations", .scope(.read), parameters: ["page_size", "page_token"], handle: list),
            APIRoute(.post, "/v1/operations", .scope(.operate), body: Self.body, handle: create),
            APIRoute(.post, "/v1/queues/{name}:purge", .scope(.operate), body: Self.body, handle: purge),
            APIRoute(.get, "/v1/operations/{id}", .scope(.read), handle: read),
            APIRoute(.post, "/v1/operations/{id}:cancel", .scope(.operate), body: Self.body, handle: cancel),
        ]
    }

    private func create(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            let document = try call.json(limits: .metadata)
            do throws(ValidationError) {
                return try NewOperation(json: document.root)
            } catch {
                throw Problem(error)
            }
        } _: { desk, wish throws(Problem) in
            let count = try desk.ask { session throws(StoreError) in try session.count(wish) }
            guard !wish.isDryRun else { return .object { $0.members(of: count) } }
            return try create(wish, matched: count.matched, desk)
        }
    }

    private func purge(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            let filter = FailureFilter(queue: try call.pathName("name") { QueueName($0) })
            return NewOperation(.cancel, filter, reason: try call.reason(), sparesRunning: true)
        } _: { desk, wish throws(Problem) in
            let count = try desk.ask { session throws(StoreError) in try session.count(wish) }
            return try create(wish, matched: count.matched, desk)
        }
    }

    private func create(_ wish: NewOperation, matched: Int64, _ desk: Desk) throws(Problem) -> HTTPResponse {
        let operation = try desk.ask { session throws(StoreError) in
            try session.create(wish, matched: matched, by: desk.author())
        }
        guard let operation else {
            let most = StoreSession.operationsUnderWayMax
            throw Problem(.tooManyOperations, "\(most) operations are under way; wait for one, or cancel one.")
        }
        note("operation asked for", operation, by: desk.call.principal.name, why: wish.reason, desk.call)
        return .object(201) { $0.members(of: operation) }
    }

    private struct Page: Sendable {
        let size: Int
        let below: Int64?
    }

    private static func start(_ call: Call) throws(Problem) -> Int64? {
        guard let place = try PageToken.place(call, list: listName) else { return nil }
        guard let id = id(String(decoding: place, as: UTF8.self)) else { throw PageToken.refusal }
        return id
    }

    private func list(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            let size = try call.pageSize(standard: Self.pageSizeStandard, max: StoreSession.listOperationsMax - 1)
            return Page(size: size, below: try Self.start(call))
        } _: { desk, page throws(Problem) in
            let found = try desk.ask { session throws(StoreError) in
                try session.operations(below: page.below, max: page.size + 1)
            }
            let operations = Array(found.prefix(page.size))
            return .object { writer in
                writer.member("operations", operations) { $0.members(of: $1) }
                guard found.count > page.size, let last = operations.last else { return }
                writer.member("next_page_token", PageToken.text(Array(String(last.id).utf8), list: Self.listName))
            }
        }
    }

    private func read(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            try Self.id(call)
        } _: { desk, id throws(Problem) in
            guard let operation = try desk.ask({ session throws(StoreError) in try session.operation(id) }) else {
                throw Self.notFound
            }
            return .object { $0.members(of: operation) }
        }
    }

    private func cancel(_ call: Call) {
        services.answer(call) { call throws(Problem) in
            (id: try Self.id(call), reason: try call.reason())
        } _: { desk, input throws(Problem) in
            let who = desk.call.principal.name
            let answer = try desk.ask { session throws(StoreError) in
                try session.cancelOperation(input.id, by: desk.author(), reason: input.reason)
            }
            switch answer {
            case .cancelled(let operation):
                note("operation cancelled", operation, by: who, why: input.reason, desk.call)
                return .object { $0.members(of: operation) }
            case .ended(let operation):
                throw Problem(.operationEnded, "The operation is \(operation.state.rawValue).")
            case .notFound: throw Self.notFound
            }
        }
    }

    /// The line in the log: who, what and why.
    private func note(_ what: String, _ operation: OperationRecord, by who: String, why: String?, _ call: Call) {
        var filter = JSONWriter(capacity: 128)
        operation.filter.write(to: &filter)
        services.logger.notice(
            what,
            [
                "operation": .integer(operation.id), "action": .text(operation.action.rawValue), "by": .text(who),
                "reason": .text(why ?? ""), "filter": .text(String(decoding: filter.bytes, as: UTF8.self)),
                "matched": .integer(operation.matched), "request_id": .text(call.requestID),
            ]
        )
    }

    private static let notFound = Problem(.operationNotFound, "There is no operation of this id, or it was pruned.")

    private static func id(_ call: Call) throws(Problem) -> Int64 {
        guard let id = id(call.request.parameters["id"] ?? "") else {
            throw .parameter("id", code: "invalid_id", "The id of an operation is a whole number from 1 on.")
        }
        return id
    }

    /// A whole number above 0, in digits without a sign.
    private static func id(_ text: String) -> Int64? {
        JobID(text)?.rawValue
    }
}
