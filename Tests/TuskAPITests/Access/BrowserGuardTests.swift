import Testing
import TuskHTTP

@testable import TuskAPI

struct BrowserGuardTests {
    @Test(arguments: [
        "localhost", "LocalHost:8080", "127.0.0.1", "127.0.0.1:1", "127.255.0.9", "[::1]", "[::1]:8080", "[0:0::1]",
    ])
    func `a name that can only mean this machine is local`(host: String) {
        #expect(BrowserGuard.isLocal(host))
    }

    @Test(
        arguments: [
            "", "example.com", "localhost.example.com", "localhost.", "127.0.0.1.example.com", "128.0.0.1", "127.1",
            "127.0.0.256", "127.0.0.01", "[::2]", "::1", "0.0.0.0", "10.0.0.1:80", "127.0.0.1:80:80",
        ]
    )
    func `any other name is not`(host: String) {
        #expect(!BrowserGuard.isLocal(host))
    }

    private func refusal(_ method: HTTPMethod, _ headers: [(name: String, value: String)]) -> Problem? {
        BrowserGuard.refusal(
            of: HTTPRequest(
                method: method,
                path: "/v1/jobs",
                headers: HTTPHeaders([(name: "Host", value: "localhost:8080")] + headers)
            )
        )
    }

    @Test func `a page of another origin changes nothing`() {
        #expect(refusal(.post, [("Origin", "http://evil.example")])?.name == "cross-origin")
        #expect(refusal(.post, [("Origin", "null")])?.name == "cross-origin")
        #expect(refusal(.delete, [("Sec-Fetch-Site", "cross-site")])?.name == "cross-origin")
        #expect(refusal(.put, [("Sec-Fetch-Site", "same-site")])?.name == "cross-origin")
    }

    @Test func `programs, and pages of this origin, may`() {
        #expect(refusal(.post, []) == nil)
        #expect(refusal(.post, [("Origin", "http://localhost:8080"), ("Sec-Fetch-Site", "same-origin")]) == nil)
        #expect(refusal(.post, [("Sec-Fetch-Site", "none")]) == nil)
        #expect(refusal(.get, [("Sec-Fetch-Site", "cross-site"), ("Origin", "http://evil.example")]) == nil)
    }

    @Test(arguments: ["127.0.0.1:8080", "[::1]:0", "127.9.9.9:80", "[0:0:0:0:0:0:0:1]:80"])
    func `without credentials a loopback address may be listened at`(address: String) {
        var configuration = APIConfiguration()
        configuration.allowsAnonymous = true
        #expect(configuration.refusalToListen(at: address) == nil)
    }

    @Test(
        arguments: [
            "0.0.0.0:8080", "[::]:8080", "10.0.0.1:80", "localhost:80", "example.com:80", "", "[::ffff:127.0.0.1]:1",
        ]
    )
    func `without credentials any other address may not`(address: String) {
        var configuration = APIConfiguration()
        #expect(configuration.refusalToListen(at: address) == nil)
        configuration.allowsAnonymous = true
        #expect(configuration.refusalToListen(at: address) != nil)
    }
}
