package import TuskCore
import TuskPostgres

/// What an API key may do.
package enum Scope: String, Sendable, Hashable, CaseIterable {
    case enqueue, work, read, operate, admin
}

/// An API key that works.
package struct LiveKey: Sendable, Hashable {
    package let name: String
    package let scopes: Set<Scope>
    /// SHA-256 of the whole token.
    package let tokenHash: [UInt8]
    /// How many requests each process of the API takes; nil: any number.
    package let rate: RateLimit?
}

/// An API key as lists show it.
package struct KeyRecord: Sendable, Hashable {
    package let id: String
    package let name: String
    package let scopes: [String]
    package let createdAt: Timestamp
    package let expiresAt: Timestamp?
    package let revokedAt: Timestamp?
    package let lastUsedAt: Timestamp?
    /// The key that takes its place; nil: none does.
    package let replacedBy: String?
    /// How many requests each process of the API takes; nil: any number.
    package let rate: RateLimit?
}

/// A key that takes another's place.
package struct RotatedKey: Sendable, Hashable {
    package let name: String
    package let scopes: [String]
    /// When the new one stops working; nil: never.
    package let expiresAt: Timestamp?
    /// When the old one does.
    package let oldExpiresAt: Timestamp
}

extension StoreSession {
    /// The most keys that a list shows.
    package static let listKeysMax = 1000

    private static let writeAPIKey = SQLCatalog.statement("write_api_key")
    private static let readAPIKey = SQLCatalog.statement("read_api_key", isReadOnly: true)
    private static let touchAPIKey = SQLCatalog.statement("touch_api_key")
    private static let listAPIKeys = SQLCatalog.statement("list_api_keys", isReadOnly: true)
    private static let rotateAPIKey = SQLCatalog.statement("rotate_api_key")
    private static let revokeAPIKey = SQLCatalog.statement("revoke_api_key")

    /// Stores a new key; the token itself never gets here.
    package func write(
        key id: String,
        name: String,
        scopes: Set<Scope>,
        tokenHash: [UInt8],
        expiresAt: Timestamp? = nil,
        rate: RateLimit? = nil,
        by author: Author
    ) throws(StoreError) {
        try audited(.keyCreate, of: id, by: author) { () throws(StoreError) in
            _ = try run(Self.writeAPIKey) {
                $0.text(id)
                $0.text(name)
                $0.textArray(scopes.map(\.rawValue).sorted())
                $0.bytea(tokenHash)
                $0.timestamp(microseconds: expiresAt?.microseconds)
                $0.int4(rate.map { Int32($0.max) })
                $0.int8(rate?.period.wholeMilliseconds)
                $0.int4(rate.map { Int32($0.burst) })
            }
            return ((), id)
        }
    }

    /// The key, if it exists and is neither revoked nor expired.
    package func liveKey(_ id: String) throws(StoreError) -> LiveKey? {
        let rows = try run(Self.readAPIKey) { $0.text(id) }
        guard rows.rowCount == 1 else { return nil }
        return LiveKey(
            name: rows.text(0, 0),
            scopes: Set(rows.textArray(0, 1).compactMap(Scope.init(rawValue:))),
            tokenHash: rows.bytes(0, 2),
            rate: rate(rows, 0, from: 3)
        )
    }

    /// Notes that a key was used, at most once a minute.
    package func touch(key id: String) throws(StoreError) {
        _ = try run(Self.touchAPIKey) { $0.text(id) }
    }

    /// All keys, the newest first.
    package func keys() throws(StoreError) -> [KeyRecord] {
        let rows = try run(Self.listAPIKeys) { $0.int4(Int32(Self.listKeysMax)) }
        return (0..<rows.rowCount).map { row in
            KeyRecord(
                id: rows.text(row, 0),
                name: rows.text(row, 1),
                scopes: rows.textArray(row, 2),
                createdAt: rows.moment(row, 3),
                expiresAt: rows.momentIfPresent(row, 4),
                revokedAt: rows.momentIfPresent(row, 5),
                lastUsedAt: rows.momentIfPresent(row, 6),
                replacedBy: rows.textIfPresent(row, 7),
                rate: rate(rows, row, from: 8)
            )
        }
    }

    /// Stores a new key with the name, the scopes, the rate and the length of life of another, which still works for
    /// `overlap`, or until it would have ended anyway. Nil: there is no such key, it does not work, or it was rotated
    /// before.
    package func rotate(
        key old: String,
        to new: String,
        tokenHash: [UInt8],
        overlap: Duration,
        by author: Author
    ) throws(StoreError) -> RotatedKey? {
        try audited(.keyRotate, of: old, by: author) { () throws(StoreError) in
            let rows = try run(Self.rotateAPIKey) {
                $0.text(old)
                $0.text(new)
                $0.bytea(tokenHash)
                $0.int8(overlap.wholeMilliseconds)
            }
            guard rows.rowCount == 1 else { return (nil, nil) }
            let rotated = RotatedKey(
                name: rows.text(0, 0),
                scopes: rows.textArray(0, 1),
                expiresAt: rows.momentIfPresent(0, 2),
                oldExpiresAt: rows.moment(0, 3)
            )
            return (rotated, old)
        }
    }

    /// Revokes a key. False: there is none, or it was revoked before.
    package func revoke(key id: String, by author: Author) throws(StoreError) -> Bool {
        try audited(.keyRevoke, of: id, by: author) { () throws(StoreError) in
            let isRevoked = try run(Self.revokeAPIKey) { $0.text(id) }.rowCount == 1
            return (isRevoked, isRevoked ? id : nil)
        }
    }
}
