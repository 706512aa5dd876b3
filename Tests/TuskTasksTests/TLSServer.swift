import Foundation
import Testing

/// `openssl s_server` with a certificate that nobody has signed.
final class TLSServer {
    let port: Int
    /// Its certificate, in PEM.
    let certificate: [UInt8]
    private let process: Process
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "tusk-tls-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let (certificate, key) = (folder.appending(path: "certificate").path, folder.appending(path: "key").path)
        try OpenSSL.makeCertificate(certificate, key: key)
        self.certificate = Array(try Data(contentsOf: URL(filePath: certificate)))
        process = OpenSSL.process(["s_server", "-accept", "127.0.0.1:0", "-www", "-cert", certificate, "-key", key])
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        // It says `ACCEPT 127.0.0.1:PORT` when it listens.
        var text = ""
        while !(text.contains("ACCEPT ") && text.hasSuffix("\n")) {
            let bytes = pipe.fileHandleForReading.availableData
            try #require(!bytes.isEmpty, "openssl s_server has ended")
            text += String(decoding: bytes, as: UTF8.self)
        }
        let words = text.split(whereSeparator: \.isNewline).first { $0.hasPrefix("ACCEPT ") }
        port = try #require(words?.split(separator: ":").last.flatMap { Int($0) })
    }

    var url: String { "https://127.0.0.1:\(port)/" }

    /// Ends it and removes what it needed.
    func end() throws {
        // Processes that a Dispatch thread has started have SIGTERM blocked.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        try FileManager.default.removeItem(at: folder)
    }
}
