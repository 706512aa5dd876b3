import TestSupport
import Testing
import TuskPostgres

@testable import TuskTasks

@Suite struct ValueRuleTests {
    /// A column of each type, and its rule.
    private static let types: [(type: String, rule: ValueRule)] = [
        ("smallint", ValueRule(typeNumber: 21, modifier: -1)),
        ("integer", ValueRule(typeNumber: 23, modifier: -1)),
        ("bigint", ValueRule(typeNumber: 20, modifier: -1)),
        ("real", ValueRule(typeNumber: 700, modifier: -1)),
        ("double precision", ValueRule(typeNumber: 701, modifier: -1)),
        ("numeric", ValueRule(typeNumber: 1700, modifier: -1)),
        ("numeric(5,2)", ValueRule(typeNumber: 1700, modifier: (5 << 16 | 2) + 4)),
        ("boolean", ValueRule(typeNumber: 16, modifier: -1)),
        ("date", ValueRule(typeNumber: 1082, modifier: -1)),
        ("timestamp", ValueRule(typeNumber: 1114, modifier: -1)),
        ("timestamptz", ValueRule(typeNumber: 1184, modifier: -1)),
        ("text", ValueRule(typeNumber: 25, modifier: -1)),
        ("varchar(3)", ValueRule(typeNumber: 1043, modifier: 3 + 4)),
        ("char(3)", ValueRule(typeNumber: 1042, modifier: 3 + 4)),
        ("uuid", ValueRule(typeNumber: 2950, modifier: -1)),
        ("json", ValueRule(typeNumber: 114, modifier: -1)),
        ("jsonb", ValueRule(typeNumber: 3802, modifier: -1)),
        ("inet", ValueRule(typeNumber: 869, modifier: -1)),
    ]

    private static let values = [
        "", " ", "0", "-0", "+7", " 42 ", "\t9\n", "32767", "32768", "-32768", "-32769", "2147483648", "-2147483648",
        "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1_000", "0x1F", "0b1", "1.5", "1.", ".5",
        ".", "1e5", "1e", "1e+", "1E-3", "1.2.3", "12,5", "--1", "+-1", "1 2", "nan", "NaN", "-nan", "inf", "-Infinity",
        "+infinity", "infinit", "nano", "nan(1)", "1e400", "1e-400", "999.99", "999.999", "1000", "0000999.9", "1e3",
        "t", "TRUE", "tru", "yes", "y", "on", "o", "of", "OFF", "n", "1", "2", "truex", " true ", "truefalse", "01",
        "2012-01-31", "2012/01/31", "2012-1-3", "2012-02-30", "2012-13-01", "0000-01-01", "2012-02-29", "2011-02-29",
        "2012-01-31 23:59:59", "2012/01/01 00:00:00", "2012-01-31T25:00:00", "2012-01-31 12:60", "2012-01-31 24:00:00",
        "2012-01-31 12:30:61", "2012-01-31 12:30:15.123456+02", "2012-01-31 12:30 Europe/Rome", "2012-01-31 BC",
        "20120131", "Jan 31 2012", "31 January 2012", "2012-01-32", "today", "epoch", "now", "tomorrow noon", "soon",
        "n/a", "-", "?", "2012-01-31 ", " 2012-01-31", "2012-01-31 10", "2012-01-31t10:00:00z", "1/2/2012", "13/1/2012",
        "2012.01.31", "99999-01-01", "abc", "abcd", "ab  ", "abc   ", "h\u{E9}\u{E9}", "h\u{E9}\u{E9}\u{E9}",
        "\u{1F600}", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "A0EEBC999C0B4EF8BB6D6BB9BD380A11",
        "{a0ee-bc99-9c0b4ef8bb6d6bb9bd380a11}", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1",
        "a0eebc999-c0b-4ef8-bb6d-6bb9bd380a11", " a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "{}", "[1,2]", "[1,]", "{\"a\":1}", "{\"a\":1,\"a\":2}", "\"x\"", "'x'", "nul", "null", "[", "\"\\u0000\"",
        "\"\\ud800\"", "1 2", "127.0.0.1", "::1", "300.1.1.1",
    ]

    /// Answers for each value and type whether PostgreSQL refuses the value.
    private static func refusals(_ values: [String], in database: TestDatabase) throws -> [[Bool]] {
        let session = try database.session()
        defer { session.close() }
        let columns = types.enumerated().map { "c\($0.offset) \($0.element.type)" }.joined(separator: ", ")
        try session.script(
            """
            create table public.sample (\(columns));
            create function public.is_refused(place integer, value text) returns boolean language plpgsql as $$
            begin
                execute format('insert into public.sample (c%s) values (%L)', place, value);
                return false;
            exception when data_exception or program_limit_exceeded then
                return true;
            end
            $$;
            """
        )
        var parameters = Parameters()
        parameters.textArray(values)
        parameters.int4(Int32(types.count))
        let text = """
            select array(select public.is_refused(place, value) from generate_series(0, $2 - 1) as place)::text[]
            from unnest($1::text[]) with ordinality as given (value, number) order by number
            """
        let rows = try session.run(Statement(name: "refusals", text: text), parameters)
        return (0..<rows.rowCount).map { rows.textArray($0, 0).map { $0 == "true" } }
    }

    private static func check(_ values: [String], in database: TestDatabase) throws -> (found: Int, refused: Int) {
        let refusals = try refusals(values, in: database)
        var found = 0
        var refused = 0
        for (value, answers) in zip(values, refusals) {
            for (type, isRefused) in zip(types, answers) {
                let fault = type.rule.fault(in: Array(value.utf8).span)
                #expect(fault == nil || isRefused, "\(type.type) '\(value)' \(fault?.reason ?? "")")
                found += fault == nil ? 0 : 1
                refused += isRefused ? 1 : 0
            }
        }
        return (found, refused)
    }

    @Test func `PostgreSQL refuses what a rule refuses, and most of what it refuses is known`() async throws {
        try await withDatabase { database in
            let (found, refused) = try Self.check(Self.values, in: database)
            // What is left are dates in other forms, floats out of range and types that only the server knows.
            #expect(Double(found) > 0.8 * Double(refused), "\(found) of \(refused)")
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `so is any other`(seed: UInt64) async throws {
        try await withDatabase { database in
            var random = SplitMix64(seed: seed)
            let letters = Array("0123456789+-.eE:/ tTnNaifxZ{}\",_\u{E9}")
            let values = (0..<1500).map { _ in
                var value = Array(Self.values[Int.random(in: 0..<Self.values.count, using: &random)])
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    let letter = letters[Int.random(in: 0..<letters.count, using: &random)]
                    let place = Int.random(in: 0...value.count, using: &random)
                    switch Int.random(in: 0...2, using: &random) {
                    case 0: value.insert(letter, at: place)
                    case 1 where place < value.count: value[place] = letter
                    case 2 where place < value.count: value.remove(at: place)
                    default: break
                    }
                }
                return String(value)
            }
            _ = try Self.check(values, in: database)
        }
    }

    @Test func `what PostgreSQL cannot be sent at all is refused too`() {
        let text = ValueRule.text(charactersMax: nil)
        #expect(text.fault(in: [0x61, 0x00].span) == .nul)
        for bad: [UInt8] in [[0x80], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80]] {
            #expect(text.fault(in: bad.span) == .notUTF8)
            #expect(ValueRule.unknown.fault(in: bad.span) == .notUTF8)
            #expect(ValueRule.json.fault(in: ([0x22] + bad + [0x22]).span) == .notJSON)
        }
    }
}
