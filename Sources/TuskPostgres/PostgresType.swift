/// A type of the server by its object identifier, which is fixed for built-in types.
///
/// Source: PostgreSQL 15, `src/include/catalog/pg_type.dat`.
package struct PostgresType: Sendable, Hashable {
    /// The object identifier in `pg_type`.
    package let oid: UInt32

    /// The type with this identifier.
    package init(oid: UInt32) {
        self.oid = oid
    }

    package static let bool = PostgresType(oid: 16)
    package static let bytea = PostgresType(oid: 17)
    package static let int8 = PostgresType(oid: 20)
    package static let int2 = PostgresType(oid: 21)
    package static let int4 = PostgresType(oid: 23)
    package static let text = PostgresType(oid: 25)
    package static let json = PostgresType(oid: 114)
    package static let float8 = PostgresType(oid: 701)
    package static let timestamptz = PostgresType(oid: 1184)
    package static let uuid = PostgresType(oid: 2950)
    package static let jsonb = PostgresType(oid: 3802)

    package static let jsonArray = PostgresType(oid: 199)
    package static let byteaArray = PostgresType(oid: 1001)
    package static let int2Array = PostgresType(oid: 1005)
    package static let int4Array = PostgresType(oid: 1007)
    package static let textArray = PostgresType(oid: 1009)
    package static let int8Array = PostgresType(oid: 1016)
    package static let float8Array = PostgresType(oid: 1022)
    package static let timestamptzArray = PostgresType(oid: 1185)
}

/// PostgreSQL counts microseconds from 2000-01-01 00:00 UTC, everybody else from 1970-01-01.
enum PostgresEpoch {
    static let microsecondsSince1970: Int64 = 946_684_800_000_000

    /// From the server's count; the infinities, and the last years before them, become the largest or smallest number.
    static func since1970(_ since2000: Int64) -> Int64 {
        let (sum, isOver) = since2000.addingReportingOverflow(microsecondsSince1970)
        return isOver || since2000 == .max ? .max : since2000 == .min ? .min : sum
    }

    /// To the server's count; the largest and smallest numbers become the infinities.
    static func since2000(_ since1970: Int64) -> Int64 {
        let (difference, isOver) = since1970.subtractingReportingOverflow(microsecondsSince1970)
        return since1970 == .max ? .max : isOver ? .min : difference
    }
}
