import Testing

@testable import TuskTasks

struct ImportMappingTests {
    private let table = [
        TableColumn(name: "id", rule: .integer(bits: 64), refusesNull: true, isGenerated: true, hasDefault: true),
        TableColumn(
            name: "name",
            rule: .text(charactersMax: nil),
            refusesNull: true,
            isGenerated: false,
            hasDefault: false
        ),
        TableColumn(
            name: "city",
            rule: .text(charactersMax: nil),
            refusesNull: false,
            isGenerated: false,
            hasDefault: false
        ),
    ]

    private func places(_ mapping: ImportMapping) -> [String] {
        mapping.columns.map { "\($0.field) \($0.column.name)" }
    }

    @Test func `fields go to the columns of their names, wherever they stand`() throws {
        let mapping = try ImportMapping(header: ["city", "name"], wanted: nil, table: table)
        #expect(places(mapping) == ["0 city", "1 name"])
        #expect(mapping.fieldCount == 2)
    }

    @Test func `fields that are not wanted are left out`() throws {
        let wanted = ["Name": "name"]
        let mapping = try ImportMapping(header: ["x", "Name", "x"], wanted: wanted, table: table)
        #expect(places(mapping) == ["1 name"])
        #expect(mapping.fieldCount == 3)
    }

    @Test func `without a header fields go by their number`() throws {
        #expect(places(try ImportMapping(fieldCount: 9, wanted: nil, table: table)) == ["0 name", "1 city"])
        let wanted = ["3": "name"]
        #expect(places(try ImportMapping(fieldCount: 3, wanted: wanted, table: table)) == ["2 name"])
    }

    @Test(arguments: [
        (["name", "land"], nil, "the table has no column \"land\""),
        (["name", "name"], nil, "the header has the column \"name\" twice"),
        (["id", "name"], nil, "the server makes the values of the column \"id\" itself"),
        (["a"], ["b": "name"], "the header has no column \"b\""),
        (["a", "b"], ["a": "name", "b": "name"], "two columns of the file go to the column \"name\""),
        (["a"], [:], "no column of the file goes to a column of the table"),
        (["a"], ["a": "name\"; drop table x; --"], "the table has no column \"name\"; drop table x; --\""),
    ])
    func `what does not fit is refused`(header: [String], wanted: [String: String]?, message: String) {
        #expect(throws: TaskFailure.refused(message)) {
            try ImportMapping(header: header, wanted: wanted, table: table)
        }
    }

    @Test(arguments: ["0", "4", "x", "01", "-1", ""])
    func `numbers of columns are from 1`(number: String) {
        #expect(throws: TaskFailure.refused("columns of a file without a header are numbers from 1 to 3")) {
            try ImportMapping(fieldCount: 3, wanted: [number: "name"], table: table)
        }
    }
}

struct TableNameTests {
    @Test(arguments: [
        ("airports", "\"public\".\"airports\""),
        ("data.airports", "\"data\".\"airports\""),
        ("data.air.ports", "\"data\".\"air.ports\""),
        ("x\"; drop table y; --", "\"public\".\"x\"\"; drop table y; --\""),
        ("\"a\".b", "\"\"\"a\"\"\".\"b\""),
        ("Caf\u{E9}", "\"public\".\"Caf\u{E9}\""),
    ])
    func `whatever a name has in it, it stays one name`(text: String, quoted: String) {
        #expect(TableName(text)?.quoted == quoted)
    }

    @Test(arguments: [
        "", ".", "a.", ".a", "a\0b", "tusk.job", "pg_catalog.pg_class", "pg_temp.x", "information_schema.tables",
        String(repeating: "x", count: 64),
    ])
    func `names that mean nothing, or tables of the server and of Tusk, are refused`(text: String) {
        #expect(TableName(text) == nil)
    }
}
