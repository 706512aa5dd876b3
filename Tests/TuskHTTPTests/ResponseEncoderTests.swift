import Testing

@testable import TuskHTTP

struct ResponseEncoderTests {
    private static func head(_ status: Int, _ headers: [(String, String)]) -> String? {
        var encoder = ResponseEncoder()
        encoder.setTime(second: 0)
        var out: [UInt8] = []
        let isWritten = encoder.appendHead(
            status: status,
            headers: headers,
            framing: .length(12),
            closes: false,
            to: &out
        )
        #expect(isWritten || out.isEmpty)
        return isWritten ? String(decoding: out, as: UTF8.self) : nil
    }

    @Test func `a head has the server's fields once`() {
        let text = Self.head(201, [("Location", "/v1/jobs/1"), ("content-LENGTH", "99"), ("Date", "never")])
        #expect(
            text == "HTTP/1.1 201 Created\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nLocation: /v1/jobs/1\r\n"
                + "Content-Length: 12\r\n\r\n"
        )
    }

    @Test(arguments: [
        ("X", "a\r\nSet-Cookie: b"), ("X", "a\nb"), ("X", "a\0"), ("X\r\nY", "a"), ("X Y", "a"), ("", "a"), ("X:", "a"),
    ])
    func `a field that could split the answer is not written`(name: String, value: String) {
        #expect(Self.head(200, [(name, value)]) == nil)
    }

    @Test(arguments: [0, 99, 100, 199, 600, 1000, -1])
    func `a status that is no final one is not written`(status: Int) { #expect(Self.head(status, []) == nil) }
}
