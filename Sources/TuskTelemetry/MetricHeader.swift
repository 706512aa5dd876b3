/// What is fixed about a metric: its name, type, help and the names of its labels.
package struct MetricHeader: Sendable, Equatable {
    package let name: String
    package let type: MetricType
    package let help: String
    package let labels: [String]

    /// Names come from our own code, so a wrong one is a mistake there and ends the process.
    init(name: String, type: MetricType, help: String, labels: [String]) {
        precondition(Self.isName(name, colons: true), "\(name) is not the name of a metric")
        precondition(!help.isEmpty, "\(name) needs a help text")
        for label in labels {
            let isReserved = label.hasPrefix("__") || (type == .histogram && label == "le")
            precondition(Self.isName(label, colons: false) && !isReserved, "\(label) is not the name of a label")
        }
        precondition(Set(labels).count == labels.count, "\(name) has a label twice")
        self.name = name
        self.type = type
        self.help = help
        self.labels = labels
    }

    private static func isName(_ text: String, colons: Bool) -> Bool {
        guard let first = text.utf8.first, !isDigit(first) else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "_"): true
            case UInt8(ascii: ":"): colons
            default: isDigit(byte)
            }
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
