import Testing
import TuskCore

struct JSONWriterTests {
    @Test func `commas come where they belong`() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("a")
        writer.beginArray()
        writer.int(1)
        writer.int(-2 as Int64)
        writer.beginObject()
        writer.endObject()
        writer.beginArray()
        writer.endArray()
        writer.endArray()
        writer.key("b")
        writer.bool(true)
        writer.key("c")
        writer.null()
        writer.key("d")
        writer.raw(JSONText.emptyObject)
        writer.key("e")
        writer.double(0.5)
        writer.endObject()
        #expect(writer.text.text == #"{"a":[1,-2,{},[]],"b":true,"c":null,"d":{},"e":0.5}"#)
    }

    @Test func `what is no number in JSON becomes null`() {
        var writer = JSONWriter()
        writer.beginArray()
        writer.double(.infinity)
        writer.double(.nan)
        writer.endArray()
        #expect(writer.text.text == "[null,null]")
    }

    @Test(arguments: [UInt64](1...4))
    func `whatever string is written is read back`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<500 {
            var text = ""
            for _ in 0..<Int.random(in: 0..<20, using: &random) {
                let ceiling: UInt32 = Bool.random(using: &random) ? 0x80 : 0x11_0000
                if let scalar = Unicode.Scalar(UInt32.random(in: 0..<ceiling, using: &random)) {
                    text.unicodeScalars.append(scalar)
                }
            }
            var writer = JSONWriter()
            writer.string(text)
            let read = try JSONDocument(validating: writer.bytes, limits: .args).root.stringBytes
            let expected = text.unicodeScalars.map { $0.value == 0 ? "\u{FFFD}" : String($0) }.joined()
            #expect(read == Array(expected.utf8), "seed \(seed)")
        }
    }

    @Test(arguments: [0.1, 1e300, -2.5e-308, 123_456_789.125, 1e16, 3, -0.0])
    func `a double is read back exactly`(number: Double) throws {
        var writer = JSONWriter()
        writer.double(number)
        let value = try JSONDocument(validating: writer.bytes, limits: .args).root
        #expect(value.double?.bitPattern == number.bitPattern)
    }
}
