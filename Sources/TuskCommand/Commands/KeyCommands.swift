import TuskAPI
import TuskCore
import TuskStore

/// `tusk key`: who may use the HTTP API.
enum KeyCommands {
    private static let keyName = Option.argument("name", .text("NAME"), "what it is for; shown in lists")
    private static let scope = Option.argument(
        "scope",
        .texts(Scope.allCases.map(\.rawValue).joined(separator: "|")),
        "what it allows; may be given again"
    )
    private static let expires = Option.argument(
        "expires-in",
        .duration(.seconds(1) ... .seconds(36_500 * 86_400)),
        "how long it works; without it until it is revoked"
    )

    private static let rate = Option.argument(
        "rate",
        .text("N/TIME"),
        "how many requests each API process takes in a time, such as 50/1s; without it any number"
    )
    private static let burst = Option.argument(
        "burst",
        .integer(Int(RateLimit.burstRange.lowerBound)...Int(RateLimit.burstRange.upperBound)),
        "how many at once after a time without any; without it those of one second"
    )

    private static let overlap = Option.argument(
        "overlap",
        .duration(.zero ... .seconds(365 * 86_400)),
        fallback: "1h",
        "for how long the old token still works"
    )

    static let all = [
        Command(
            path: ["key", "create"],
            summary: "makes a key and shows its token, which is never shown again",
            details: "The token is the only result, so it can be sent straight into a file. The database keeps a digest"
                + " of it.",
            options: [keyName, scope, expires, rate, burst, Operator.reason],
            examples: [
                "tusk key create --name shop --scope enqueue --scope read > shop.token",
                "tusk key create --name partner --scope enqueue --rate 50/s",
            ],
            body: create
        ),
        Command(
            path: ["key", "rotate"],
            summary: "makes a new token for a key and lets the old one end after a while",
            details: "The new key has the name, the scopes, the rate and the length of life of the old one, and an id"
                + " of its own; its token is the only result. The old one ends after the overlap, in which those who"
                + " use it change over; API processes notice within 5 seconds.",
            operands: [Command.Operand(name: "ID")],
            options: [overlap, Operator.reason],
            examples: ["tusk key rotate k3T9 --overlap 1d > shop.token"],
            body: rotate
        ),
        Command(path: ["key", "list"], summary: "shows all keys", body: list),
        Command(
            path: ["key", "revoke"],
            summary: "ends a key; API processes refuse it within 5 seconds",
            operands: [Command.Operand(name: "ID")],
            options: [Operator.reason],
            body: revoke
        ),
    ]

    private static func create(_ context: CommandContext) throws(CommandError) -> ExitCode {
        guard let name = try context.text(keyName) else {
            throw CommandError(.usage, "\(keyName.flag) is missing")
        }
        guard (1...128).contains(name.utf8.count), Printable.line(name) == name else {
            throw CommandError(.usage, "\(keyName.flag) must be 1 to 128 bytes without control characters")
        }
        let scopes = try scopes(context)
        let lifetime = try context.duration(expires)
        let rate = try Operands.rate(try context.text(rate), burst: try context.integer(burst)) { perSecond in
            Swift.max(1, min(Int(RateLimit.burstRange.upperBound), Int(perSecond)))
        }
        let who = try Operator.author(context)
        let token = APIToken.random()
        let expiresAt = try context.database().change { session throws(StoreError) in
            let now = lifetime == nil ? nil : try session.health().moment
            let expiresAt = now.flatMap { now in
                lifetime.map { Timestamp(microseconds: now.microseconds + $0.wholeMicroseconds) }
            }
            try session.write(
                key: token.keyID,
                name: name,
                scopes: scopes,
                tokenHash: token.hash,
                expiresAt: expiresAt,
                rate: rate,
                by: who
            )
            return expiresAt
        }
        let object = JSONWriter.object {
            $0.put("id", token.keyID)
            $0.put("name", name)
            $0.put("scopes", scopes.map(\.rawValue).sorted())
            $0.put("expires_at", expiresAt)
            if let rate { $0.member("rate", rate) }
            $0.put("token", token.text)
        }
        context.console.note("Key \(token.keyID) is created. Its token is shown only now:")
        try context.console.show(object) { [token.text] }
        return .success
    }

    private static func scopes(_ context: CommandContext) throws(CommandError) -> Set<Scope> {
        let words = Scope.allCases.map(\.rawValue).joined(separator: ", ")
        var scopes: Set<Scope> = []
        for text in try context.list(scope).flatMap({ $0.split(separator: ",").map(String.init) }) {
            guard let scope = Scope(rawValue: text) else {
                let meant = Suggestion.nearest(to: text, among: Scope.allCases.map(\.rawValue))
                let hint = meant.map { "Did you mean \($0)?" }
                throw CommandError(.usage, "\(Self.scope.flag) must be one of \(words)", hint: hint)
            }
            scopes.insert(scope)
        }
        guard !scopes.isEmpty else {
            throw CommandError(.usage, "\(scope.flag) is missing", hint: "Give one or more of \(words).")
        }
        return scopes
    }

    private static func list(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let (keys, now) = try context.database().with { session throws(StoreError) in
            (try session.keys(), try session.health().moment)
        }
        try context.console.show(
            keys,
            as: "keys",
            object: { object($0, now) },
            table: { table(keys, now) },
            empty: "There are no keys. Create one: tusk key create --name NAME --scope enqueue"
        )
        return .success
    }

    private static func rotate(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let id = context.operand(0) ?? ""
        let overlap = try context.duration(overlap) ?? .zero
        let who = try Operator.author(context)
        let token = APIToken.random()
        let database = try context.database()
        let rotated = try database.change { session throws(StoreError) in
            try session.rotate(key: id, to: token.keyID, tokenHash: token.hash, overlap: overlap, by: who)
        }
        guard let rotated else { throw try refusal(toRotate: id, database) }
        let object = JSONWriter.object {
            $0.put("id", token.keyID)
            $0.put("name", rotated.name)
            $0.put("scopes", rotated.scopes)
            $0.put("expires_at", rotated.expiresAt)
            $0.put("replaces", id)
            $0.put("old_expires_at", rotated.oldExpiresAt)
            $0.put("token", token.text)
        }
        let end = Words.exact(rotated.oldExpiresAt) ?? ""
        context.console.note("Key \(token.keyID) takes the place of \(id), which ends at \(end).")
        context.console.note("Its token is shown only now:")
        try context.console.show(object) { [token.text] }
        return .success
    }

    /// Why a key cannot be rotated.
    private static func refusal(toRotate id: String, _ database: Database) throws(CommandError) -> CommandError {
        let (keys, now) = try database.with { session throws(StoreError) in
            (try session.keys(), try session.health().moment)
        }
        guard let key = keys.first(where: { $0.id == id }) else {
            return CommandError(.notFound, "there is no key \"\(id.prefix(60))\"", hint: "tusk key list shows all.")
        }
        if let next = key.replacedBy {
            return CommandError(.conflict, "key \(id) was rotated before; \(next) takes its place")
        }
        return CommandError(.conflict, "key \(id) is \(state(key, now)) and cannot be rotated")
    }

    private static func revoke(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let id = context.operand(0) ?? ""
        let database = try context.database()
        let who = try Operator.author(context)
        let isRevoked = try database.change { session throws(StoreError) in try session.revoke(key: id, by: who) }
        let keys = isRevoked ? [] : try database.with { session throws(StoreError) in try session.keys() }
        guard isRevoked || keys.contains(where: { $0.id == id }) else {
            throw CommandError(.notFound, "there is no key \"\(id.prefix(60))\"", hint: "tusk key list shows all.")
        }
        try context.console.show(JSONWriter.object { $0.put("id", id) }) {
            [isRevoked ? "key \(id) is revoked" : "key \(id) was revoked before"]
        }
        return .success
    }

    private static func state(_ key: KeyRecord, _ now: Timestamp) -> String {
        if key.revokedAt != nil { return "revoked" }
        return key.expiresAt.map { $0 <= now } ?? false ? "expired" : "live"
    }

    private static func table(_ keys: [KeyRecord], _ now: Timestamp) -> Table {
        var table = Table([
            Table.Column(title: "ID"), Table.Column(title: "NAME"), Table.Column(title: "STATE"),
            Table.Column(title: "SCOPES"), Table.Column(title: "CREATED"), Table.Column(title: "LAST USED"),
            Table.Column(title: "EXPIRES"), Table.Column(title: "RATE"), Table.Column(title: "REPLACED BY"),
        ])
        for key in keys {
            let state = state(key, now)
            table.add(
                Table.Cell(key.id),
                Table.Cell(key.name),
                Table.Cell(state, state == "live" ? .good : .bad),
                Table.Cell(key.scopes.joined(separator: ", ")),
                Table.Cell(Words.relative(key.createdAt, to: now)),
                Table.Cell(Words.relative(key.lastUsedAt, to: now)),
                Table.Cell(Words.relative(key.expiresAt, to: now)),
                Table.Cell(key.rate.map { "\($0.max)/\(DurationText.print($0.period))" }),
                Table.Cell(key.replacedBy)
            )
        }
        return table
    }

    private static func object(_ key: KeyRecord, _ now: Timestamp) -> [UInt8] {
        JSONWriter.object {
            $0.put("id", key.id)
            $0.put("name", key.name)
            $0.put("state", state(key, now))
            $0.put("scopes", key.scopes)
            $0.put("created_at", key.createdAt)
            $0.put("expires_at", key.expiresAt)
            $0.put("revoked_at", key.revokedAt)
            $0.put("last_used_at", key.lastUsedAt)
            $0.put("replaced_by", key.replacedBy)
            if let rate = key.rate { $0.member("rate", rate) }
        }
    }
}
