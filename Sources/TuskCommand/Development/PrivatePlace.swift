import Foundation
import Glibc

/// The directories of a private server.
struct PrivatePlace: Sendable, Equatable {
    /// Where the server's data, log and socket are.
    let base: String
    /// Where the socket is, which is elsewhere when the path would be too long.
    let socketDirectory: String
    /// Removed at the end.
    let temporary: [String]

    var data: String { "\(base)/pg" }
    var log: String { "\(base)/postgres.log" }

    /// The longest directory for a socket, in bytes: an address holds 107 (unix(7)), of which `/.s.PGSQL.5432.lock`
    /// takes up to 19 for the file next to it.
    static let socketDirectoryBytesMax = 88
    private static let socketName = "socket"

    /// A place in `directory`, made where it is missing; or in `/var/tmp`, when the server's user cannot get there.
    static func lasting(
        _ directory: String,
        _ user: ServerUser,
        _ note: (String) -> Void
    ) throws(CommandError) -> PrivatePlace {
        let wanted = Files.absolute(directory)
        guard user.isOther, try !canReach(wanted, user) else { return try make(base: wanted, user) }
        // One place for each directory, so that it is found again.
        let name = "tusk-dev-\(Files.identity(of: wanted))"
        note("User \(user.name) cannot reach \(wanted), so the private server lives in /var/tmp/\(name).")
        return try make(base: "/var/tmp/\(name)", user)
    }

    /// A place of its own below `/tmp`, removed at the end.
    static func passing(_ user: ServerUser) throws(CommandError) -> PrivatePlace {
        let base = try Files.makeTemporary()
        try Files.allow(base, 0o711)
        let place = try make(base: base, user)
        return PrivatePlace(base: base, socketDirectory: place.socketDirectory, temporary: place.temporary + [base])
    }

    private static func make(base: String, _ user: ServerUser) throws(CommandError) -> PrivatePlace {
        // The server's user has to get through, others see nothing.
        try Files.makeDirectory(base, mode: user.isOther ? 0o711 : 0o700)
        var socketDirectory = "\(base)/\(socketName)"
        var temporary: [String] = []
        if socketDirectory.utf8.count > socketDirectoryBytesMax {
            socketDirectory = try Files.makeTemporary()
            temporary = [socketDirectory]
        } else {
            try Files.makeDirectory(socketDirectory, mode: 0o700, owner: user.userID)
        }
        try Files.give(socketDirectory, to: user)
        return PrivatePlace(base: base, socketDirectory: socketDirectory, temporary: temporary)
    }

    /// Whether the user gets into a directory that may not be there yet: into all that are.
    private static func canReach(_ directory: String, _ user: ServerUser) throws(CommandError) -> Bool {
        var existing = directory
        while access(existing, F_OK) != 0, existing != "/" {
            existing = String(existing.prefix(upTo: existing.lastIndex(of: "/") ?? existing.startIndex))
            if existing.isEmpty { existing = "/" }
        }
        let plan = ChildProcess.Plan(
            command: user.command(["/usr/bin/test", "-x", existing]),
            environment: [:],
            output: "/dev/null"
        )
        return try ChildProcess.run(plan, limit: .seconds(10)).isSuccess
    }

    /// Removes what is not to stay.
    func removeTemporary() {
        for directory in temporary { Files.remove(directory) }
    }
}
