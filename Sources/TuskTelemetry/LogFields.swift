/// The value of a field of a log line.
package enum LogValue: Sendable, Equatable {
    case text(String)
    case integer(Int64)
    case number(Double)
    case flag(Bool)
}

extension LogValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    /// A text written in the source.
    package init(stringLiteral text: String) { self = .text(text) }
}

extension LogValue: ExpressibleByIntegerLiteral {
    /// A whole number written in the source.
    package init(integerLiteral number: Int64) { self = .integer(number) }
}

extension LogValue: ExpressibleByBooleanLiteral {
    /// A truth value written in the source.
    package init(booleanLiteral flag: Bool) { self = .flag(flag) }
}

/// The fields of a log line in the order they were given, each name once.
///
/// Names are lower-case words joined by `_`; `time`, `level` and `message` are the line's own and come out with a `_`
/// behind them. Ids are given as text, because JSON numbers lose digits beyond 2 to the 53rd in many readers.
package struct LogFields: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    package private(set) var pairs: [(name: String, value: LogValue)] = []

    /// The fields listed; of two with one name the later counts.
    package init(dictionaryLiteral pairs: (String, LogValue)...) {
        for (name, value) in pairs { self[name] = value }
    }

    /// The value of a field; nil removes it.
    package subscript(name: String) -> LogValue? {
        get { pairs.first { $0.name == name }?.value }
        set {
            let place = pairs.firstIndex { $0.name == name }
            switch (place, newValue) {
            case (let place?, let value?): pairs[place].value = value
            case (let place?, nil): pairs.remove(at: place)
            case (nil, let value?): pairs.append((name, value))
            case (nil, nil): break
            }
        }
    }

    /// These fields and then the others, which win where both have a name.
    package func merged(with others: LogFields) -> LogFields {
        var all = self
        for (name, value) in others.pairs { all[name] = value }
        return all
    }

    package static func == (left: LogFields, right: LogFields) -> Bool {
        left.pairs.elementsEqual(right.pairs) { $0.name == $1.name && $0.value == $1.value }
    }
}
