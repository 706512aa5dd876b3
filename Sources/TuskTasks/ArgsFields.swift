/// Looks for fields of args that are not known: each would be a mistake that nobody notices.
enum ArgsFields {
    private struct AnyKey: CodingKey {
        let stringValue: String
        let intValue: Int? = nil

        init?(stringValue: String) { self.stringValue = stringValue }

        init?(intValue: Int) { nil }
    }

    /// Throws for the first field that is not among `known`.
    static func check(_ decoder: any Decoder, _ known: [String]) throws {
        let keys = try decoder.container(keyedBy: AnyKey.self).allKeys
        for key in keys where !known.contains(key.stringValue) {
            let names = known.joined(separator: ", ")
            throw DecodingError.dataCorrupted(
                .init(codingPath: [key], debugDescription: "there is no such field; there are \(names)")
            )
        }
    }
}
