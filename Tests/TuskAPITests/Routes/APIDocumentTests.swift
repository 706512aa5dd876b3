import Foundation
import TestSupport
import Testing
import TuskCore
import TuskHTTP

@testable import TuskAPI

/// The OpenAPI description, held to the routes.
struct APIDocumentTests {
    @Test func `every route is described, and nothing else`() async throws {
        try await withAPI { api in
            let pages = Set(PageRoutes().routes.map(\.name))
            let described = api.api.routes.map(\.name).filter { !pages.contains($0) }
            #expect(Set(described) == Set(DocumentEntry.all.keys))
            for route in api.api.routes {
                guard let entry = DocumentEntry.all[route.name] else { continue }
                #expect((route.body != .none) == (entry.request != nil), "the body of \(route.name)")
            }
            let ids = DocumentEntry.all.values.map(\.id)
            #expect(Set(ids).count == ids.count)
        }
    }

    @Test func `every problem is some route's`() async throws {
        try await withAPI { api in
            var kinds: Set<ProblemKind> = []
            for route in api.api.routes {
                guard let entry = DocumentEntry.all[route.name] else { continue }
                for (_, those) in APIDocument.problems(of: route, entry) { kinds.formUnion(those) }
            }
            #expect(kinds == Set(ProblemKind.allCases))
        }
    }

    @Test func `it is served as JSON whose references lead somewhere`() async throws {
        try await withAPI { api in
            let answer = try api.ask("GET", "/openapi.json", token: .some(nil))
            #expect(answer.status == 200 && answer["content-type"] == "application/json")
            let document = try answer.json
            #expect(document.member("openapi")?.string == "3.1.0")
            let schemas = try #require(document.member("components")?.member("schemas"))
            for part in answer.text.components(separatedBy: "#/components/schemas/").dropFirst() {
                let name = String(part.prefix { $0 != "\"" })
                #expect(schemas.member(name) != nil, "\(name)")
            }
            #expect(document.member("paths")?.member("/v1/jobs/{id}:cancel")?.member("post") != nil)
        }
    }
}
