import Foundation
import Testing
import TuskCore
import TuskHTTP

@testable import TuskAPI

struct PageRoutesTests {
    private static let html = [("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")]

    @Test func `every file of the pages is embedded`() throws {
        let folder = URL(filePath: #filePath).appending(path: "../../../../Sources/CTuskAssets/pages").standardized
        let found = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(Set(found) == Set(PageFile.all.keys))
        for name in found {
            let bytes = try Data(contentsOf: folder.appending(path: name))
            let isSame = PageFile.all[name]?.bytes == Array(bytes)
            #expect(isSame, "\(name) is embedded in another form; run Tests/embed-pages and build again")
        }
    }

    @Test func `files have their types, a strict policy and no cache without asking`() async throws {
        try await withAPI { api in
            let types = [
                "app.js": "text/javascript; charset=utf-8", "base.css": "text/css; charset=utf-8",
                "icon.svg": "image/svg+xml", "index.html": "text/html; charset=utf-8",
            ]
            for (name, type) in types {
                let answer = try api.ask("GET", "/assets/\(name)", token: .some(nil))
                #expect(answer.status == 200)
                #expect(answer["content-type"] == type)
                #expect(answer.body == PageFile.all[name]?.bytes)
                #expect(answer["cache-control"] == "no-cache")
                #expect(answer["x-content-type-options"] == "nosniff")
                #expect(answer["referrer-policy"] == "no-referrer")
                let policy = try #require(answer["content-security-policy"])
                #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self';"))
                #expect(policy.contains("frame-ancestors 'none'") && policy.contains("trusted-types 'none'"))
                #expect(!policy.contains("unsafe") && !policy.contains("http"))
            }
        }
    }

    @Test func `a file that the client has is not sent again, and HEAD sends none`() async throws {
        try await withAPI { api in
            let whole = try api.ask("GET", "/assets/app.js", token: .some(nil))
            let tag = try #require(whole["etag"])
            for field in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
                let headers = [("If-None-Match", field)]
                let answer = try api.ask("GET", "/assets/app.js", headers: headers, token: .some(nil))
                #expect(answer.status == 304 && answer.body.isEmpty && answer["etag"] == tag, "\(field)")
            }
            let other = try api.ask("GET", "/assets/app.js", headers: [("If-None-Match", "\"x\"")], token: .some(nil))
            #expect(other.status == 200)
            let head = try api.ask("HEAD", "/assets/app.js", token: .some(nil))
            #expect(head.status == 200 && head.body.isEmpty && head["etag"] == tag)
            #expect(head["content-length"] == String(whole.body.count))
            #expect(Set(PageFile.all.values.map(\.tag)).count == PageFile.all.count)
        }
    }

    @Test(arguments: ["/jobs", "/jobs/1024", "/jobs?state=discarded&anything=x", "/schedules/a", "/health", "/"])
    func `every page is the same file, without credentials`(path: String) async throws {
        try await withAPI { api in
            let answer = try api.ask("GET", path, headers: Self.html, token: .some(nil))
            #expect(answer.status == 200)
            #expect(answer.body == PageFile.shell.bytes)
        }
    }

    @Test func `the first page is HTML for browsers and JSON for programs`() async throws {
        try await withAPI { api in
            let page = try api.ask("GET", "/", headers: Self.html)
            #expect(page["content-type"] == "text/html; charset=utf-8" && page["vary"] == "Accept")
            for accept in [nil, "*/*", "application/json", "application/json, text/html;q=0.5"] {
                let answer = try api.ask("GET", "/", headers: accept.map { [("Accept", $0)] } ?? [])
                #expect(answer["content-type"] == "application/json" && answer["vary"] == "Accept")
                #expect(try answer.json.member("links")?.member("jobs")?.string == "/v1/jobs")
            }
        }
    }

    @Test func `what is not there is a page for browsers and a problem for programs`() async throws {
        try await withAPI { api in
            for path in ["/nothing", "/jobs/1/2", "/assets"] {
                let page = try api.ask("GET", path, headers: Self.html, token: .some(nil))
                #expect(page.status == 404 && page["content-type"] == "text/html; charset=utf-8", "\(path)")
                #expect(page.body == PageFile.shell.bytes && page["content-security-policy"] != nil)
                #expect(try api.ask("GET", path, token: .some(nil)).problem == "not-found")
            }
            for path in ["/assets/nothing.js", "/assets/..%2fPackage.swift"] {
                #expect(try api.ask("GET", path, headers: Self.html, token: .some(nil)).problem != nil, "\(path)")
            }
        }
    }

    @Test(arguments: [
        ("text/html", true), ("TEXT/HTML;q=0.9", true), ("application/xhtml+xml, text/html", true), ("", false),
        ("text/htmlx", false), ("*/*", false), ("application/json, text/html", false),
    ])
    func `a client wants a page when it names HTML before JSON`(accept: String, wantsPage: Bool) {
        #expect(PageRoutes.wantsPage(accept) == wantsPage)
    }

    /// What the policy relies on: no page makes elements or code from text, or names another origin.
    @Test(arguments: PageFile.all.keys.sorted())
    func `no file makes elements from text`(name: String) throws {
        let text = String(decoding: try #require(PageFile.all[name]).bytes, as: UTF8.self)
        let forbidden = [
            "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "eval(", "new Function",
            "setHTMLUnsafe", "createContextualFragment", "javascript:", "style=", "onclick=", "https://",
        ]
        for word in forbidden { #expect(!text.contains(word), "\(name) has \(word)") }
        #expect(text.utf8.count { $0 == UInt8(ascii: "\n") } <= 400, "\(name) is long; split it")
    }
}
