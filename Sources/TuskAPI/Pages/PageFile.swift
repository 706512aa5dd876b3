import CTuskAssets
import TuskHTTP
import TuskStore

/// One file of the dashboard, embedded in the binary, and how it is answered.
package struct PageFile: Sendable {
    package let name: String
    package let bytes: [UInt8]
    package let contentType: String
    /// A digest of the bytes, in quotes, as `ETag` has it.
    package let tag: String

    /// Every file, by name.
    package static let all: [String: PageFile] = readAll()

    /// What every page is made from; its script looks at the path.
    static let shell: PageFile = {
        guard let file = all["index.html"] else { preconditionFailure("index.html is not embedded") }
        return file
    }()

    private init?(name: String, bytes: [UInt8]) {
        guard let dot = name.lastIndex(of: "."), let type = Self.types[String(name[dot...])] else { return nil }
        self.name = name
        self.bytes = bytes
        contentType = type
        tag = "\"\(Digest.hexadecimal(Array(Digest.sha256(bytes).prefix(Self.tagBytes))))\""
    }

    private static let tagBytes = 16
    private static let types = [
        ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
        ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
    ]

    private static func readAll() -> [String: PageFile] {
        var found: [String: PageFile] = [:]
        for index in 0..<tusk_asset_count() {
            let asset = unsafe tusk_asset_at(index)
            let name = unsafe String(cString: asset.name)
            let bytes = unsafe Array(UnsafeBufferPointer(start: asset.bytes, count: asset.count))
            guard let file = PageFile(name: name, bytes: bytes) else { preconditionFailure("\(name) has no type") }
            found[name] = file
        }
        return found
    }

    /// The answer: the file, or 304 where the client has it already. Caches keep it, and ask each time.
    func response(_ status: Int = 200, ifNoneMatch: [String] = []) -> HTTPResponse {
        let headers = [
            ("ETag", tag), ("Cache-Control", "no-cache"), ("X-Content-Type-Options", "nosniff"),
            ("Content-Security-Policy", Self.contentPolicy), ("Referrer-Policy", "no-referrer"),
            ("Cross-Origin-Opener-Policy", "same-origin"), ("Cross-Origin-Resource-Policy", "same-origin"),
        ]
        if status == 200, Self.names(ifNoneMatch, tag) { return HTTPResponse(status: 304, headers: headers) }
        return HTTPResponse(status: status, headers: [("Content-Type", contentType)] + headers, body: bytes)
    }

    /// What a page may do: load and ask from its own origin only, run no inline script or style, and make no elements
    /// from text. The last is what keeps texts of jobs texts, whatever a mistake in a script may be.
    static let contentPolicy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
        "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ].joined(separator: "; ")

    /// Whether one of the fields has `tag`, by the weak comparison of RFC 9110, 8.8.3.2, or `*`.
    private static func names(_ fields: [String], _ tag: String) -> Bool {
        fields.joined(separator: ",").split(separator: ",").contains { entry in
            let entry = entry.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }
            return entry == "*" || entry == tag || entry == "W/" + tag
        }
    }
}
