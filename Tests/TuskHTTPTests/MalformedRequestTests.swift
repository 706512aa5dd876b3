import Testing

@testable import TuskHTTP

/// Every malformed request is refused, the connection ends with the refusal, and nothing behind it is executed.
struct MalformedRequestTests {
    @Test(arguments: BadRequest.all)
    func `a malformed request is refused, closes the connection and smuggles nothing`(bad: BadRequest) throws {
        let main = Counter()
        let smuggled = Counter()
        let server = try TestServer { router in
            for (method, path) in [(HTTPMethod.get, "/none"), (.head, "/none")] {
                router.add(method, path) { _, responder in
                    main.add()
                    responder.send(.text("main"))
                }
            }
            router.add(.post, "/main", body: .buffered(bytesMax: 65_536)) { _, responder in
                main.add()
                responder.send(.text("main"))
            }
            router.add(.get, "/smuggled") { _, responder in
                smuggled.add()
                responder.send(.text("smuggled"))
            }
        }
        let client = try server.client()
        try client.send(bad.bytes + Array("GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
        let response = try client.response()
        #expect(bad.statuses.contains(response.status), "\(response.status) \(response.text)")
        #expect(response["Connection"] == "close")
        #expect(try client.isClosedByServer())
        #expect(main.value == 0)
        #expect(smuggled.value == 0)
    }

    @Test func `there are at least 45 malformed requests, each with its own name`() {
        #expect(BadRequest.all.count >= 45)
        #expect(Set(BadRequest.all.map(\.name)).count == BadRequest.all.count)
    }
}
