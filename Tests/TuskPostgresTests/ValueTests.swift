import TestSupport
import Testing
import TuskPostgres

/// Values go to the server and come back unchanged, in binary.
@Suite struct ValueTests {
    /// Sends the parameters and returns them as one row.
    private func echo(_ types: [String], _ parameters: Parameters, on session: Session) throws -> ResultSet {
        let columns = types.enumerated().map { "$\($0.offset + 1)::\($0.element)" }.joined(separator: ", ")
        return try session.run(Statement(name: "echo", text: "select \(columns)"), parameters)
    }

    @Test func `integers and floats come back as they were sent`() async throws {
        try await withDatabase { database in
            let session = try database.session()
            for (index, int2) in [Int16.min, -1, 0, 1, .max].enumerated() {
                let int4 = [Int32.min, -1, 0, 1, .max][index]
                let int8 = [Int64.min, -1, 0, 1, .max][index]
                let float8 = [-Double.infinity, -0.0, 0, .leastNonzeroMagnitude, .greatestFiniteMagnitude][index]
                var parameters = Parameters()
                parameters.int2(int2)
                parameters.int4(int4)
                parameters.int8(int8)
                parameters.float8(float8)
                let answer = try echo(["int2", "int4", "int8", "float8"], parameters, on: session)
                #expect(answer.int2(0, 0) == int2)
                #expect(answer.int4(0, 1) == int4)
                #expect(answer.int8(0, 2) == int8)
                #expect(answer.float8(0, 3).bitPattern == float8.bitPattern)
                #expect(answer.int8(0, 0) == Int64(int2))
                #expect(answer.int8(0, 1) == Int64(int4))
            }
        }
    }

    @Test func `texts and bytes come back as they were sent`() async throws {
        try await withDatabase { database in
            let session = try database.session()
            for text in ["", "a", "naïve 🐘 \u{301}", "'; drop table x; --", String(repeating: "x", count: 100_000)] {
                let bytes = [0, 255, 128, UInt8(text.utf8.count & 255)]
                let json = Array(#"{"b" : 1.0,  "a":-0}"#.utf8)
                var parameters = Parameters()
                parameters.text(text)
                parameters.bytea(bytes)
                parameters.bytea([UInt8]())
                parameters.json(json)
                parameters.json(json)
                parameters.bool(true)
                parameters.bool(false)
                let types = ["text", "bytea", "bytea", "json", "jsonb", "bool", "bool"]
                let answer = try echo(types, parameters, on: session)
                #expect(answer.text(0, 0) == text)
                #expect(answer.bytes(0, 1) == bytes)
                #expect(answer.bytes(0, 2) == [])
                #expect(answer.bytes(0, 3) == json)
                #expect(answer.text(0, 4) == #"{"a": 0, "b": 1.0}"#)
                #expect(answer.bool(0, 5))
                #expect(!answer.bool(0, 6))
                #expect(answer.withBytes(0, 1) { $0.count } == 4)
            }
        }
    }

    @Test func `uuids and instants mean the same to the server`() async throws {
        try await withDatabase { database in
            let session = try database.session()
            var parameters = Parameters()
            parameters.uuid(high: 0x0123_4567_89ab_cdef, low: 0xfedc_ba98_7654_3210)
            parameters.timestamp(microseconds: 1)
            parameters.timestamp(microseconds: .max)
            parameters.timestamp(microseconds: .min)
            let text = "select $1, $1::text, $2, $2::text, $3, $3::text, $4, $4::text"
            let answer = try session.run(Statement(name: "echo", text: text), parameters)
            #expect(answer.uuid(0, 0) == (0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210))
            #expect(answer.text(0, 1) == "01234567-89ab-cdef-fedc-ba9876543210")
            #expect(answer.timestamp(0, 2) == 1)
            #expect(answer.text(0, 3) == "1970-01-01 00:00:00.000001+00")
            #expect(answer.timestamp(0, 4) == .max)
            #expect(answer.text(0, 5) == "infinity")
            #expect(answer.timestamp(0, 6) == .min)
            #expect(answer.text(0, 7) == "-infinity")
        }
    }

    @Test func `null is null for every type`() async throws {
        try await withDatabase { database in
            let session = try database.session()
            var parameters = Parameters()
            parameters.int2(nil)
            parameters.int4(nil)
            parameters.int8(nil)
            parameters.float8(nil)
            parameters.bool(nil)
            parameters.text(nil)
            parameters.timestamp(microseconds: nil)
            for type in [PostgresType.bytea, .json, .uuid, .int8Array, .textArray, .jsonArray, .byteaArray] {
                parameters.null(type)
            }
            let columns = (1...parameters.count).map { "$\($0)" }.joined(separator: ", ")
            let answer = try session.run(Statement(name: "echo", text: "select \(columns)"), parameters)
            for column in 0..<parameters.count {
                #expect(answer.isNull(0, column))
            }
            #expect(answer.int4IfPresent(0, 1) == nil)
            #expect(answer.int8IfPresent(0, 2) == nil)
            #expect(answer.float8IfPresent(0, 3) == nil)
            #expect(answer.textIfPresent(0, 5) == nil)
            #expect(answer.timestampIfPresent(0, 6) == nil)
            #expect(answer.bytesIfPresent(0, 7) == nil)
        }
    }

    @Test(arguments: [0, 1, 3, 1000]) func `arrays come back as they were sent`(count: Int) async throws {
        try await withDatabase { database in
            let session = try database.session()
            let numbers = (0..<count).map { $0 * $0 - 500 }
            let texts = numbers.map { $0 % 3 == 0 ? "" : "é\($0)" }
            var parameters = Parameters()
            parameters.int2Array(numbers.map { Int16(truncatingIfNeeded: $0) })
            parameters.int4Array(numbers.map(Int32.init))
            parameters.int8Array(numbers.map { Int64($0) << 30 })
            parameters.float8Array(numbers.map { Double($0) / 3 })
            parameters.timestampArray(numbers.map(Int64.init))
            parameters.textArray(texts)
            parameters.byteaArray(texts.map { Array($0.utf8) })
            parameters.jsonArray(numbers.map { Array("[ \($0)]".utf8) })
            let text = """
                select $1::int8[], $2::int8[], $3, $4::text[],
                    array(select (extract(epoch from moment) * 1000000)::int8 from unnest($5) as moment), $6, $7, $8
                """
            let answer = try session.run(Statement(name: "echo", text: text), parameters)
            #expect(answer.int8Array(0, 0) == numbers.map { Int64(Int16(truncatingIfNeeded: $0)) })
            #expect(answer.int8Array(0, 1) == numbers.map(Int64.init))
            #expect(answer.int8Array(0, 2) == numbers.map { Int64($0) << 30 })
            #expect(answer.textArray(0, 3).map { Double($0) } == numbers.map { Double($0) / 3 })
            #expect(answer.int8Array(0, 4) == numbers.map(Int64.init))
            #expect(answer.textArray(0, 5) == texts)
            #expect(answer.bytesArrayIfPresent(0, 6) == texts.map { Array($0.utf8) })
            #expect(answer.bytesArrayIfPresent(0, 7) == numbers.map { Array("[ \($0)]".utf8) })
        }
    }

    @Test func `arrays keep their nulls`() async throws {
        try await withDatabase { database in
            let session = try database.session()
            var parameters = Parameters()
            parameters.textArray(optional: [nil, "", nil, "x"])
            parameters.int8Array(optional: [1, nil, -1])
            parameters.byteaArray(optional: [[1, 2], nil, []] as [[UInt8]?])
            parameters.jsonArray(optional: [nil, Array("null".utf8)] as [[UInt8]?])
            parameters.timestampArray(optional: [nil, 5])
            parameters.int4Array(optional: [nil, 1])
            parameters.int2Array(optional: [nil, 1])
            let text = "select $1, $2, $3, $4, $5::text[], $6::text, $7::text, array_position($1, null)"
            let answer = try session.run(Statement(name: "echo", text: text), parameters)
            #expect(answer.textArrayIfPresent(0, 0) == [nil, "", nil, "x"])
            #expect(answer.int8ArrayIfPresent(0, 1) == [1, nil, -1])
            #expect(answer.bytesArrayIfPresent(0, 2) == [[1, 2], nil, []])
            #expect(answer.bytesArrayIfPresent(0, 3) == [nil, Array("null".utf8)])
            #expect(answer.textArrayIfPresent(0, 4) == [nil, "1970-01-01 00:00:00.000005+00"])
            #expect(answer.text(0, 5) == "{NULL,1}")
            #expect(answer.text(0, 6) == "{NULL,1}")
            #expect(answer.int4(0, 7) == 1)
        }
    }

    @Test func `random parameters survive the way there and back`() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        try await withDatabase { database in
            let session = try database.session()
            var generator = SeededGenerator(seed: seed)
            for _ in 0..<100 {
                let numbers = (0..<Int.random(in: 0...50, using: &generator)).map { _ in
                    Bool.random(using: &generator) ? Int64.random(in: .min ... .max, using: &generator) : nil
                }
                let bytes = (0..<Int.random(in: 0...50, using: &generator)).map { _ in
                    (0..<Int.random(in: 0...9, using: &generator)).map { _ in
                        UInt8.random(in: 0...255, using: &generator)
                    }
                }
                var parameters = Parameters()
                parameters.int8Array(optional: numbers)
                parameters.byteaArray(bytes)
                parameters.int8(numbers.last ?? nil)
                let answer = try echo(["int8[]", "bytea[]", "int8"], parameters, on: session)
                #expect(answer.int8ArrayIfPresent(0, 0) == numbers, "seed \(seed)")
                #expect(answer.bytesArrayIfPresent(0, 1) == bytes, "seed \(seed)")
                #expect(answer.int8IfPresent(0, 2) == numbers.last ?? nil, "seed \(seed)")
            }
        }
    }

    @Test func `types of columns are told`() async throws {
        try await withDatabase { database in
            let session = try database.session()
            let text = "select 1::int8 as one, null::jsonb as two where false"
            let answer = try session.run(Statement(name: "columns", text: text))
            #expect(answer.rowCount == 0)
            #expect(answer.columnCount == 2)
            #expect(answer.columnType(0) == .int8)
        }
    }
}

/// SplitMix64: the same numbers for the same seed. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number
/// generators", 2014.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
