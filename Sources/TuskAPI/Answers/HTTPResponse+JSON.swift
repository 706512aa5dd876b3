import TuskCore
import TuskHTTP

extension HTTPResponse {
    /// An answer with a JSON body. No cache keeps it, no browser guesses another type.
    static func json(_ status: Int, _ body: [UInt8], contentType: String = "application/json") -> HTTPResponse {
        HTTPResponse(
            status: status,
            headers: [
                ("Content-Type", contentType), ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"),
            ],
            body: body
        )
    }

    /// An answer whose body is one JSON object with the members that `fill` writes.
    static func object(_ status: Int = 200, _ fill: (inout JSONWriter) -> Void) -> HTTPResponse {
        var writer = JSONWriter(capacity: 256)
        writer.beginObject()
        fill(&writer)
        writer.endObject()
        return .json(status, writer.bytes)
    }
}
