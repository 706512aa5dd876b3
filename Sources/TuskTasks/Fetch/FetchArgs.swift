import Tusk

/// What a `data.fetch` job is asked to do.
package struct FetchArgs: Codable, Sendable, Equatable {
    /// Where the file is: http or https, without user and password.
    package var url: String
    /// Headers of the request. Defaults to none.
    package var headers: [String: String]
    /// Where it goes: absolute, or relative to one of the folders that tasks may write to. Its folder must be there.
    package var file: String
    /// The SHA-256 that it must have, as 64 hexadecimal digits. Nil: any.
    package var sha256: String?
    /// The longest file that is taken: 1...1 TiB. Defaults to 1 GiB.
    package var bytesMax: Int
    /// The time for one attempt in seconds: 1...21,600. Defaults to 3,600.
    package var timeoutSeconds: Int

    /// The most that `bytes_max` may be.
    package static let bytesMaxLimit = 1 << 40
    /// The most that `timeout_seconds` may be.
    package static let timeoutSecondsMax = 21_600
    /// What `bytes_max` is when it is not given: 1 GiB.
    static let bytesMaxDefault = 1 << 30
    /// What `timeout_seconds` is when it is not given.
    static let timeoutSecondsDefault = 3600
    /// Headers that are not the job's to give, in lower case.
    static let reservedHeaders = ["range", "if-range", "accept-encoding"]

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case url, headers, file, sha256
        case bytesMax = "bytes_max"
        case timeoutSeconds = "timeout_seconds"
    }

    /// Reads args; a field that is not known is refused.
    package init(from decoder: any Decoder) throws {
        try ArgsFields.check(decoder, CodingKeys.allCases.map(\.rawValue))
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        url = try fields.decode(String.self, forKey: .url)
        headers = try fields.decodeIfPresent([String: String].self, forKey: .headers) ?? [:]
        file = try fields.decode(String.self, forKey: .file)
        sha256 = try fields.decodeIfPresent(String.self, forKey: .sha256)
        bytesMax = try fields.decodeIfPresent(Int.self, forKey: .bytesMax) ?? Self.bytesMaxDefault
        timeoutSeconds = try fields.decodeIfPresent(Int.self, forKey: .timeoutSeconds) ?? Self.timeoutSecondsDefault
    }

    /// Throws for limits that are none.
    static func check(bytesMax: Int, timeoutSeconds: Int) throws(TaskFailure) {
        guard (1...bytesMaxLimit).contains(bytesMax) else {
            throw .refused("bytes_max must be from 1 to \(bytesMaxLimit)")
        }
        guard (1...timeoutSecondsMax).contains(timeoutSeconds) else {
            throw .refused("timeout_seconds must be from 1 to \(timeoutSecondsMax)")
        }
    }
}
