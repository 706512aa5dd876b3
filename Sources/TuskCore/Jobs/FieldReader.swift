/// Reads the members of a JSON object into values and collects all that is wrong on the way.
///
/// The raw values of `Field` are the keys that the object may have. Each reader method returns nil both for a field
/// that is absent and for one that is wrong; in the second case it notes the problem. `finish()` throws what was noted.
package struct FieldReader<Field: Hashable & CaseIterable & RawRepresentable<String>> {
    private let pointer: String
    private var values: [Field: JSONValue] = [:]
    private var problems: [ValidationError.Problem] = []

    /// Looks at each member once; `what` names the object in messages, such as `a job`.
    package init(_ json: JSONValue, at pointer: String, what: String) {
        self.pointer = pointer
        guard json.kind == .object else {
            problems.append(.init(pointer: pointer, .wrongType, "\(what) must be a JSON object"))
            return
        }
        for (key, value) in json.members {
            if let field = Field.allCases.first(where: { key.elementsEqual($0.rawValue.utf8) }) {
                values[field] = value
            } else if problems.count < ValidationError.problemsMax {
                refuseUnknown(key, what: what)
            }
        }
    }

    private mutating func refuseUnknown(_ key: [UInt8], what: String) {
        // As a pointer shows it, so that no control character gets into a message or a log line.
        let name = JSONPointer.member(key.prefix(64), of: "").dropFirst()
        let pointer = JSONPointer.member(key, of: pointer)
        problems.append(.init(pointer: pointer, .unknownField, "\(what) has no field \(name)"))
    }

    /// Throws all that was noted, if anything.
    package func finish() throws(ValidationError) {
        guard problems.isEmpty else { throw ValidationError(problems: problems) }
    }

    /// The pointer to a field.
    package func pointer(to field: Field) -> String {
        JSONPointer.member(field.rawValue.utf8, of: pointer)
    }

    /// Notes that a field is wrong; `rule` follows the field's name in the message.
    package mutating func refuse(_ field: Field, _ code: ValidationError.Code, _ rule: String) {
        problems.append(.init(pointer: pointer(to: field), code, "\(field.rawValue) \(rule)"))
    }

    /// Takes over the problems of a part that was read on its own.
    package mutating func note(_ error: ValidationError) {
        problems += error.problems
    }

    /// The raw value of a field.
    package func value(_ field: Field) -> JSONValue? { values[field] }

    /// Notes that a field is missing, if it is.
    package mutating func require(_ field: Field) {
        if values[field] == nil { refuse(field, .required, "is required") }
    }

    /// A number written without fraction and exponent.
    package mutating func wholeNumber(_ field: Field, in range: ClosedRange<Int64>) -> Int64? {
        guard let value = values[field] else { return nil }
        let rule = "must be a whole number from \(range.lowerBound) to \(range.upperBound)"
        guard value.kind == .number else {
            refuse(field, .wrongType, rule)
            return nil
        }
        guard let number = value.int64, range.contains(number) else {
            refuse(field, .outOfRange, rule)
            return nil
        }
        return number
    }

    /// Any number.
    package mutating func number(_ field: Field, in range: ClosedRange<Double>) -> Double? {
        guard let value = values[field] else { return nil }
        let rule = "must be a number from \(Self.text(range.lowerBound)) to \(Self.text(range.upperBound))"
        return number(value, field, in: range, rule: rule)
    }

    /// A number of seconds, rounded to microseconds.
    package mutating func seconds(_ field: Field, in range: ClosedRange<Duration>) -> Duration? {
        guard let value = values[field] else { return nil }
        return seconds(value, field, in: range)
    }

    /// A list of numbers of seconds, each rounded to microseconds.
    package mutating func secondsList(
        _ field: Field,
        count: ClosedRange<Int>,
        in range: ClosedRange<Duration>
    ) -> [Duration]? {
        guard let value = values[field] else { return nil }
        let elements = Array(value.elements)
        guard value.kind == .array, count.contains(elements.count) else {
            let rule = "must be an array of \(count.lowerBound) to \(count.upperBound) numbers"
            let code = elements.count > count.upperBound ? ValidationError.Code.tooMany : .outOfRange
            refuse(field, value.kind == .array ? code : .wrongType, rule)
            return nil
        }
        var list: [Duration] = []
        for element in elements {
            guard let delay = seconds(element, field, in: range) else { return nil }
            list.append(delay)
        }
        return list
    }

    private mutating func seconds(
        _ value: JSONValue,
        _ field: Field,
        in range: ClosedRange<Duration>
    ) -> Duration? {
        let rule = "must be a number from \(range.lowerBound.secondsText) to \(range.upperBound.secondsText)"
        let unchecked = number(value, field, in: -.infinity ... .infinity, rule: rule)
        guard let seconds = unchecked else { return nil }
        let microseconds = seconds * 1_000_000
        // 2^62 is beyond every range and safe to convert.
        let isConvertible = microseconds.magnitude < 0x1p62
        // Conversion cuts off, so half a microsecond away from zero rounds. (`rounded()` would need the C library's
        // mathematics, which nothing else here does.)
        let rounded = Duration.microseconds(
            isConvertible ? Int64(microseconds + (microseconds < 0 ? -0.5 : 0.5)) : .max
        )
        guard isConvertible, range.contains(rounded) else {
            refuse(field, .outOfRange, rule)
            return nil
        }
        return rounded
    }

    private mutating func number(
        _ value: JSONValue,
        _ field: Field,
        in range: ClosedRange<Double>,
        rule: String
    ) -> Double? {
        guard value.kind == .number else {
            refuse(field, .wrongType, rule)
            return nil
        }
        guard let number = value.double, range.contains(number) else {
            refuse(field, .outOfRange, rule)
            return nil
        }
        return number
    }

    /// Whole bounds without a fraction, as people write them.
    private static func text(_ bound: Double) -> String {
        let text = bound.description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    /// A string.
    package mutating func string(_ field: Field) -> String? {
        guard let value = values[field] else { return nil }
        guard let text = value.string else {
            refuse(field, .wrongType, "must be a string")
            return nil
        }
        return text
    }

    /// A string that is a name; see `NameRule`.
    package mutating func name<Name>(_ field: Field, _ make: (String) -> Name?) -> Name? {
        guard let value = values[field] else { return nil }
        guard let text = value.string else {
            refuse(field, .wrongType, NameRule.text)
            return nil
        }
        guard let name = make(text) else {
            refuse(field, .invalidName, NameRule.text)
            return nil
        }
        return name
    }
}

extension NameRule {
    /// The rule in words, to follow the name of a field.
    package static let text = "must be 1 to \(bytesMax) ASCII letters, digits, '_', '.', ':' or '-'"
}
