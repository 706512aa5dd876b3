/// Why the server itself answers a request instead of a handler.
package struct HTTPRefusal: Error, Sendable, Equatable {
    /// What is wrong.
    package let reason: Reason
    /// What the client's `Accept` says; known only where no route was found for a sound request.
    package let accept: String?

    /// A refusal for `reason`.
    package init(_ reason: Reason, accept: String? = nil) {
        self.reason = reason
        self.accept = accept
    }

    /// The status of the answer.
    package var status: Int { reason.status }

    /// A stable name for programs, in snake_case.
    package var code: String { reason.rawValue }

    /// Everything the server refuses; the raw value is the stable code.
    package enum Reason: String, Error, Sendable, CaseIterable {
        // Lines
        case bareLineFeed = "bare_line_feed"
        case bareCarriageReturn = "bare_carriage_return"
        case controlByte = "control_byte"
        case requestLine = "bad_request_line"
        case requestLineTooLong = "request_line_too_long"
        case version = "bad_version"
        case versionNotSupported = "version_not_supported"
        case method = "bad_method"
        case methodUnknown = "method_unknown"

        // Target
        case target = "bad_target"
        case targetForm = "bad_target_form"
        case targetEncoding = "bad_target_encoding"
        case dotSegment = "dot_segment"
        case query = "bad_query"
        case queryEncoding = "bad_query_encoding"
        case queryPlus = "plus_in_query"
        case queryDuplicate = "duplicate_query_parameter"
        case queryTooLong = "too_many_query_parameters"

        // Fields
        case fieldName = "bad_field_name"
        case fieldFolded = "folded_field"
        case headerTooLarge = "header_too_large"
        case headerFieldsTooMany = "too_many_header_fields"
        case host = "bad_host"
        case hostMissing = "host_missing"
        case hostRepeated = "host_repeated"
        case misdirected = "misdirected_request"
        case expectation = "expectation_unknown"
        case contentEncoding = "content_encoding_not_supported"

        // Framing and body
        case contentLength = "bad_content_length"
        case contentLengthRepeated = "content_length_repeated"
        case lengthAndChunked = "length_and_chunked"
        case transferEncoding = "bad_transfer_encoding"
        case transferEncodingUnknown = "transfer_encoding_unknown"
        case chunk = "bad_chunk"
        case chunkExtension = "chunk_extension_too_long"
        case trailer = "bad_trailer"
        case trailerTooLarge = "trailer_too_large"
        case bodyNotAllowed = "body_not_allowed"
        case bodyTooLarge = "body_too_large"

        // Time and place
        case headerTimeout = "header_timeout"
        case bodyTimeout = "body_timeout"
        case tooManyConnections = "too_many_connections"
        case overloaded
        case notFound = "not_found"
        case methodNotAllowed = "method_not_allowed"
        case internalError = "internal_error"
    }
}

extension HTTPRefusal.Reason {
    /// The status of the answer.
    package var status: Int {
        switch self {
        case .bareLineFeed, .bareCarriageReturn, .controlByte, .requestLine, .version, .method: 400
        case .target, .targetForm, .targetEncoding, .dotSegment: 400
        case .query, .queryEncoding, .queryPlus, .queryDuplicate, .queryTooLong: 400
        case .fieldName, .fieldFolded, .host, .hostMissing, .hostRepeated: 400
        case .contentLength, .contentLengthRepeated, .lengthAndChunked, .transferEncoding: 400
        case .chunk, .chunkExtension, .trailer, .bodyNotAllowed: 400
        case .notFound: 404
        case .methodNotAllowed: 405
        case .headerTimeout, .bodyTimeout: 408
        case .bodyTooLarge: 413
        case .requestLineTooLong: 414
        case .contentEncoding: 415
        case .expectation: 417
        case .misdirected: 421
        case .headerTooLarge, .headerFieldsTooMany, .trailerTooLarge: 431
        case .internalError: 500
        case .methodUnknown, .transferEncodingUnknown: 501
        case .tooManyConnections, .overloaded: 503
        case .versionNotSupported: 505
        }
    }

    /// One full sentence for people; it repeats nothing that the client sent.
    package var detail: String {
        switch self {
        case .bareLineFeed: "A line ends in LF alone; lines end in CR LF."
        case .bareCarriageReturn: "A CR is not followed by LF."
        case .controlByte: "The request line or a header field has a control byte in it."
        case .requestLine: "The request line is not a method, a target and a version, one space apart."
        case .requestLineTooLong: "The request line is too long."
        case .version: "The version is not written as HTTP/1.1."
        case .versionNotSupported: "This server speaks HTTP/1.1 and HTTP/1.0."
        case .method: "The method is not a token."
        case .methodUnknown: "The method is not one this server knows."
        case .target: "The target has a byte in it that must be percent-encoded."
        case .targetForm: "The target is not a path starting with a slash."
        case .targetEncoding: "The path is percent-encoded wrongly, or encodes a slash, a backslash or a control byte."
        case .dotSegment: "The path has a dot segment in it."
        case .query: "The query is not made of parameters written name=value and joined by &."
        case .queryEncoding: "The query is percent-encoded wrongly, or encodes a control byte."
        case .queryPlus: "The query has a plus in it; write a space as %20 and a plus as %2B."
        case .queryDuplicate: "The query names a parameter twice."
        case .queryTooLong: "The query has too many parameters."
        case .fieldName: "A header field does not start with a name followed at once by a colon."
        case .fieldFolded: "A header field is folded over two lines."
        case .headerTooLarge: "The header fields are too long together."
        case .headerFieldsTooMany: "There are too many header fields."
        case .host: "The Host field is not a host with an optional port."
        case .hostMissing: "The Host field is missing."
        case .hostRepeated: "There is more than one Host field."
        case .misdirected: "The target names another host than the Host field."
        case .expectation: "The only expectation this server meets is 100-continue."
        case .contentEncoding: "The body is compressed; send it as it is."
        case .contentLength: "Content-Length is not a row of digits."
        case .contentLengthRepeated: "There is more than one Content-Length field."
        case .lengthAndChunked: "The request has both Content-Length and Transfer-Encoding."
        case .transferEncoding: "Transfer-Encoding does not end the body; only chunked on HTTP/1.1 does."
        case .transferEncodingUnknown: "The only transfer coding this server knows is chunked."
        case .chunk: "A chunk is not framed as it has to be."
        case .chunkExtension: "The chunk extensions are too long."
        case .trailer: "The trailer section is not made of header fields."
        case .trailerTooLarge: "The trailer section is too long."
        case .bodyNotAllowed: "This request must not have a body."
        case .bodyTooLarge: "The body is longer than this resource takes."
        case .headerTimeout: "The header fields did not arrive in time."
        case .bodyTimeout: "The body did not arrive in time."
        case .tooManyConnections: "There are too many connections; try again later."
        case .overloaded: "The server holds too many request bodies; nothing was done, try again later."
        case .notFound: "There is nothing at this path."
        case .methodNotAllowed: "The resource does not have this method."
        case .internalError: "The server failed to answer."
        }
    }
}

extension HTTPResponse {
    /// The plain-text answer to a refusal, for servers that give none of their own.
    package static func plain(_ refusal: HTTPRefusal) -> HTTPResponse {
        HTTPResponse(
            status: refusal.status,
            headers: [("Content-Type", "text/plain; charset=utf-8")],
            body: Array("\(refusal.code): \(refusal.reason.detail)\n".utf8)
        )
    }
}
