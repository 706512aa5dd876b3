import Foundation
import Glibc

/// The programs of a PostgreSQL server on this machine.
struct ServerPrograms: Sendable, Equatable {
    /// The oldest major version whose SQL the schema can use.
    static let majorMin = 15

    /// Where `initdb`, `postgres` and `createdb` are.
    let directory: String
    /// The major version, such as 15.
    let major: Int

    /// The path of one of the programs.
    func path(_ name: String) -> String { "\(directory)/\(name)" }

    /// The programs to use: those of version `needed`, if data of that version is there; else those on `PATH`, else the
    /// newest of the places where packages put them.
    static func find(needed: Int?, _ environment: [String: String]) throws(CommandError) -> ServerPrograms {
        // Asking a program for its version takes some milliseconds, so only as many are asked as it takes.
        let found = candidates(environment).lazy.compactMap(inspect)
        if let needed {
            if let fitting = found.first(where: { $0.major == needed }) { return fitting }
            let versions = Set(found.map(\.major)).sorted(by: <).map(String.init).joined(separator: ", ")
            throw CommandError(
                .configuration,
                "the data was made by PostgreSQL \(needed), and installed is \(versions.isEmpty ? "none" : versions)",
                hint: "Install PostgreSQL \(needed), or start anew with another --directory."
            )
        }
        if let fitting = found.first(where: { $0.major >= majorMin }) { return fitting }
        if let old = found.first {
            throw CommandError(
                .configuration,
                "PostgreSQL \(old.major) in \(old.directory) is too old; \(majorMin) or newer is needed",
                hint: "Install a newer server, or name one with DATABASE_URL."
            )
        }
        throw CommandError(
            .configuration,
            "there are no PostgreSQL server programs on PATH or in /usr/lib/postgresql",
            hint: "Install them (Debian: apt install postgresql), or name a server with DATABASE_URL."
        )
    }

    /// Directories that may have the programs, the preferred first.
    private static func candidates(_ environment: [String: String]) -> [String] {
        let onPath = (environment["PATH"] ?? "").split(separator: ":").map(String.init).filter { $0.hasPrefix("/") }
        // Debian's packages, those of postgresql.org for Red Hat, and PostgreSQL's own default.
        let packaged = versions(in: "/usr/lib/postgresql", prefix: "") + versions(in: "/usr", prefix: "pgsql-")
        return onPath + packaged + ["/usr/local/pgsql/bin"]
    }

    /// `parent/prefixNN/bin` for every version, the newest first.
    private static func versions(in parent: String, prefix: String) -> [String] {
        let numbers = names(in: parent).compactMap { $0.hasPrefix(prefix) ? Int($0.dropFirst(prefix.count)) : nil }
        return numbers.sorted(by: >).map { "\(parent)/\(prefix)\($0)/bin" }
    }

    private static func names(in directory: String) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: directory)
        } catch {
            // A place that is not there has no programs.
            return []
        }
    }

    /// Looks for the programs behind links, because a server finds its other files next to itself.
    private static func inspect(_ directory: String) -> ServerPrograms? {
        guard let server = FileManager.default.executablePath("\(directory)/postgres"),
            let initializer = FileManager.default.executablePath("\(directory)/initdb")
        else { return nil }
        let home = String(server.dropLast("/postgres".count))
        guard initializer == "\(home)/initdb", let major = majorVersion(server) else { return nil }
        return ServerPrograms(directory: home, major: major)
    }

    /// `postgres (PostgreSQL) 15.4 (Debian ...)` has 15.
    private static func majorVersion(_ server: String) -> Int? {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: server)
        process.arguments = ["--version"]
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        do {
            try process.run()
            let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
            return text.split(separator: " ").dropFirst(2).first.flatMap { Int($0.prefix { $0.isNumber }) }
        } catch {
            return nil
        }
    }
}

extension FileManager {
    /// Where a path leads when it is a program; nil otherwise.
    fileprivate func executablePath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        let text = String(cString: resolved)
        return access(text, X_OK) == 0 ? text : nil
    }
}
