import Foundation
import Testing

/// The program `openssl`, as somebody who does not trust our own arithmetic uses it.
enum OpenSSL {
    /// The HMAC-SHA256 of a text in base64; the key in hexadecimal digits.
    static func hmac(_ text: String, key: String) throws -> String {
        let input = FileManager.default.temporaryDirectory.appending(path: "tusk-signed-\(UUID())")
        try Data(text.utf8).write(to: input)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: input) } }
        let arguments = ["dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:\(key)", "-binary", input.path]
        return try run(arguments).base64EncodedString()
    }

    /// Writes a certificate for this machine, signed by nobody but itself, and its key.
    static func makeCertificate(_ certificate: String, key: String) throws {
        let names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
        let form = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        _ = try run(["req"] + form + names + ["-keyout", key, "-out", certificate])
    }

    static func process(_ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.standardInput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        return process
    }

    private static func run(_ arguments: [String]) throws -> Data {
        let process = process(arguments)
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "openssl \(arguments[0])")
        return output
    }
}
