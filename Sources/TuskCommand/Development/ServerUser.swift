import Glibc

/// The user as whom the private server runs.
///
/// PostgreSQL refuses to run as root; then it is Debian's user for it, or `nobody`.
struct ServerUser: Sendable, Equatable {
    let name: String
    let userID: uid_t
    let groupID: gid_t
    /// What stands in front of a command to run it as this user; empty when this is us.
    let prefix: [String]
    /// The path of `setpriv`, which can also tie a child's life to ours; nil when it is not installed.
    let setpriv: String?

    /// Whether files have to be given to the user, because this process is another one.
    var isOther: Bool { userID != geteuid() }

    /// The user to use.
    static func choose(_ environment: [String: String]) throws(CommandError) -> ServerUser {
        let setpriv = program("setpriv", environment)
        guard geteuid() == 0 else {
            return ServerUser(name: "", userID: geteuid(), groupID: getegid(), prefix: [], setpriv: setpriv)
        }
        guard let entry = getpwnam("postgres") ?? getpwnam("nobody") else {
            throw CommandError(
                .configuration,
                "PostgreSQL does not run as root, and there is no user postgres or nobody to run it as",
                hint: "Run tusk dev as another user, or name a server with DATABASE_URL."
            )
        }
        let name = String(cString: entry.pointee.pw_name)
        let (userID, groupID) = (entry.pointee.pw_uid, entry.pointee.pw_gid)
        let prefix: [String]
        if let setpriv {
            prefix = [setpriv, "--reuid=\(userID)", "--regid=\(groupID)", "--init-groups"]
        } else if let runuser = program("runuser", environment) {
            prefix = [runuser, "-u", name]
        } else {
            throw CommandError(
                .configuration,
                "PostgreSQL does not run as root, and neither setpriv nor runuser is there to run it as \(name)",
                hint: "Install util-linux, or name a server with DATABASE_URL."
            )
        }
        return ServerUser(name: name, userID: userID, groupID: groupID, prefix: prefix, setpriv: setpriv)
    }

    /// The name of the user who runs this process; nil when it has none, or one that PostgreSQL keeps for itself.
    static func ownName() -> String? {
        guard let entry = getpwuid(geteuid()) else { return nil }
        let name = String(cString: entry.pointee.pw_name)
        return name.isEmpty || name.hasPrefix("pg_") || name == "public" || name == "none" ? nil : name
    }

    /// A command run as this user.
    func command(_ words: [String]) -> [String] {
        prefix.isEmpty ? words : prefix + ["--"] + words
    }

    /// The same, ended by `signal` when our process ends in whatever way, where `setpriv` is there to arrange it.
    func boundCommand(_ words: [String], signal: String) -> [String] {
        guard let setpriv else { return command(words) }
        return (prefix.isEmpty ? [setpriv] : prefix) + ["--pdeathsig=\(signal)", "--"] + words
    }

    private static func program(_ name: String, _ environment: [String: String]) -> String? {
        let places = (environment["PATH"] ?? "").split(separator: ":") + ["/usr/bin", "/usr/sbin", "/bin", "/sbin"]
        return places.map { "\($0)/\(name)" }.first { $0.hasPrefix("/") && access($0, X_OK) == 0 }
    }
}
