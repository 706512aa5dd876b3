import CLibPQ

/// Where and as whom to connect: a `postgresql://` URI or libpq's `keyword=value` text.
///
/// What it does not say libpq takes from the environment and the service file, so an empty text means these alone.
/// The password is in no description of it.
///
/// Source: PostgreSQL 15 manual, 34.1.1 "Connection Strings".
package struct ConnectionString: Sendable, Hashable {
    private var values: [String: String]

    /// Checks the text with libpq's own parser.
    package init(_ text: String = "") throws(PostgresError) {
        guard !text.utf8.contains(0) else { throw .configuration("the connection string contains a NUL byte") }
        values = try Self.parse(text)
    }

    /// The value of a libpq keyword, if the text gives one. Not for the password.
    package subscript(keyword: String) -> String? {
        Self.secrets.contains(keyword) ? nil : values[keyword]
    }

    /// The same with one keyword changed, or left to the environment when nil.
    package func with(_ keyword: String, _ value: String?) -> ConnectionString {
        var copy = self
        copy.values[keyword] = value
        return copy
    }

    /// The same for another database of the server.
    package func with(database: String) -> ConnectionString { with("dbname", database) }

    /// The same through another address, for a proxy.
    package func with(host: String, port: Int) -> ConnectionString {
        with("host", host).with("hostaddr", nil).with("port", String(port))
    }

    /// The `keyword=value` text, **password included**: for a child process's environment, never for a log.
    package var textWithPassword: String { Self.text(values) }

    /// Keywords whose values are never shown.
    private static let secrets: Set<String> = ["password", "sslpassword"]

    /// The values that are never shown.
    var secretValues: [String] { Self.secrets.compactMap { values[$0] } }

    private static func text(_ values: [String: String]) -> String {
        values.sorted { $0.key < $1.key }
            .map { keyword, value in
                let escaped = value.reduce(into: "") { text, character in
                    if character == "'" || character == "\\" { text.append("\\") }
                    text.append(character)
                }
                return "\(keyword)='\(escaped)'"
            }
            .joined(separator: " ")
    }
}

extension ConnectionString: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The `keyword=value` text without secrets.
    package var description: String { Self.text(values.filter { !Self.secrets.contains($0.key) }) }

    /// The same as `description`.
    package var debugDescription: String { description }

    /// Shows nothing to `dump` but the description.
    package var customMirror: Mirror { Mirror(self, children: ["text": description]) }
}

/// Reading libpq's own lists.
extension ConnectionString {
    /// The keywords of this text with their values.
    private static func parse(_ text: String) throws(PostgresError) -> [String: String] {
        var complaint: UnsafeMutablePointer<CChar>?
        guard let options = unsafe PQconninfoParse(text, &complaint) else {
            defer { unsafe PQfreemem(complaint) }
            let message = unsafe complaint.map { unsafe String(cString: $0) } ?? "out of memory"
            throw .configuration("the connection string is not valid: \(withoutQuotation(message))")
        }
        defer { unsafe PQconninfoFree(options) }
        return unsafe pairs(options)
    }

    /// What libpq would use where the text says nothing: environment, service file, compiled-in values.
    private static func defaults() -> [String: String] {
        guard let options = unsafe PQconndefaults() else { return [:] }
        defer { unsafe PQconninfoFree(options) }
        return unsafe pairs(options)
    }

    private static func pairs(_ options: UnsafeMutablePointer<PQconninfoOption>) -> [String: String] {
        var pairs: [String: String] = [:]
        var option = unsafe options
        while let keyword = unsafe option.pointee.keyword {
            if let value = unsafe option.pointee.val {
                unsafe pairs[String(cString: keyword)] = String(cString: value)
            }
            unsafe option += 1
        }
        return pairs
    }

    /// libpq quotes the part it cannot read, which may be a piece of the password.
    private static func withoutQuotation(_ message: String) -> String {
        let line = message.filter { $0 != "\n" }
        guard let first = line.firstIndex(of: "\""), let last = line.lastIndex(of: "\""), first < last else {
            return line
        }
        return line[..<first] + "\"...\"" + line[line.index(after: last)...]
    }
}

/// One attempt to connect for each host, so that a host that does not answer takes only its share of the time: libpq
/// itself goes on to the next only when the first refuses.
extension ConnectionString {
    /// The parameters of the attempts, in the order in which to make them.
    func attempts(applicationName: String) -> [[String: String]] {
        var common = values
        common["fallback_application_name"] = applicationName
        common["client_encoding"] = "UTF8"
        for (keyword, value) in Self.liveness where common[keyword] == nil {
            common[keyword] = value
        }
        // A service named in the text may hold the hosts; only libpq can look it up.
        let inherited = values["service"] == nil ? Self.defaults() : [:]
        let hosts = Self.hosts(values.merging(inherited) { own, _ in own })
        guard hosts.count > 1 else { return [common] }
        let role = values["target_session_attrs"] ?? inherited["target_session_attrs"] ?? "any"
        // With several hosts the primary is wanted, unless the text says otherwise. `read-write` would also refuse a
        // primary whose roles are read-only by default, which the session's settings override.
        let roles = role == "any" && values["target_session_attrs"] == nil ? ["primary"] : Self.passes(role)
        return roles.flatMap { role in
            hosts.map { host in
                common.merging(host) { _, new in new }.merging(["target_session_attrs": role]) { _, new in new }
            }
        }
    }

    /// Preferring a standby is two rounds over the hosts: standbys only, then anything.
    private static func passes(_ role: String) -> [String] {
        role == "prefer-standby" ? ["standby", "any"] : [role]
    }

    /// `tcp_user_timeout` ends a connection whose packets are not acknowledged (milliseconds), keepalives an idle one
    /// after 10 + 3 * 5 seconds. Against a peer that acknowledges and does not answer only deadlines help.
    private static let liveness = [
        "keepalives_idle": "10", "keepalives_interval": "5", "keepalives_count": "3", "tcp_user_timeout": "10000",
    ]

    /// Splits lists as libpq does; lists that do not fit together are left to libpq, which explains the mistake.
    private static func hosts(_ values: [String: String]) -> [[String: String]] {
        let lists = ["host", "hostaddr", "port"].reduce(into: [String: [String]]()) { lists, keyword in
            guard let value = values[keyword], !value.isEmpty else { return }
            lists[keyword] = value.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        let count = max(lists["host"]?.count ?? 1, lists["hostaddr"]?.count ?? 1)
        let fits = lists.allSatisfy { keyword, list in
            list.count == count || (keyword == "port" && list.count == 1)
        }
        guard count > 1, fits else { return [[:]] }
        return (0..<count).map { index in
            lists.mapValues { $0.count == 1 ? $0[0] : $0[index] }
        }
    }
}
