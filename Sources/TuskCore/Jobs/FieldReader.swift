/// Reads the members of a JSON object into values and collects all that is wrong on the way.
///
/// The raw values of `Field` are the keys that the object may have: ASCII, at most 32 bytes. Each reader method returns
/// nil both for a field that is absent and for one that is wrong; in the second case it notes the problem. `finish()`
/// throws what was noted.
package struct FieldReader<Field: Equatable & CaseIterable & RawRepresentable<String>> {
    private let pointer: String
    /// A handful, so looking through them beats hashing.
    private var values: [(field: Field, value: JSONValue)] = []
    private var problems: [ValidationError.Problem] = []

    /// Looks at each member once; `what` names the object in messages, such as `a job`.
    package init(_ json: JSONValue, at pointer: String, what: String) {
        self.pointer = pointer
        guard json.kind == .object else {
            problems.append(.init(pointer: pointer, .wrongType, "\(what) must be a JSON object"))
            return
        }
        values.reserveCapacity(Field.allCases.count)
        json.forEachMember { shortKey, value in
            if let field = shortKey.flatMap({ Field(rawValue: $0) }) {
                values.append((field, value))
            } else if problems.count < ValidationError.problemsMax {
                refuseUnknown(value.keyOfMember, what: what)
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
    package func value(_ field: Field) -> JSONValue? {
        // By index, for iterating would retain and release every value on the way.
        for index in values.indices where values[index].field == field { return values[index].value }
        return nil
    }

    /// Notes that a field is missing, if it is.
    package mutating func require(_ field: Field) {
        if value(field) == nil { refuse(field, .required, "is required") }
    }

    /// A number written without fraction and exponent.
    package mutating func wholeNumber(_ field: Field, in range: ClosedRange<Int64>) -> Int64? {
        guard let value = value(field) else { return nil }
        if let number = value.int64, range.contains(number) { return number }
        let rule = "must be a whole number from \(range.lowerBound) to \(range.upperBound)"
        refuse(field, value.kind == .number ? .outOfRange : .wrongType, rule)
        return nil
    }

    /// Any number.
    package mutating func number(_ field: Field, in range: ClosedRange<Double>) -> Double? {
        guard let value = value(field) else { return nil }
        if let number = value.double, range.contains(number) { return number }
        let rule = "must be a number from \(Self.text(range.lowerBound)) to \(Self.text(range.upperBound))"
        refuse(field, value.kind == .number ? .outOfRange : .wrongType, rule)
        return nil
    }

    /// A number of seconds, rounded to microseconds.
    package mutating func seconds(_ field: Field, in range: ClosedRange<Duration>) -> Duration? {
        guard let value = value(field) else { return nil }
        return seconds(value, field, in: range)
    }

    /// A list of numbers of seconds, each rounded to microseconds.
    package mutating func secondsList(
        _ field: Field,
        count: ClosedRange<Int>,
        in range: ClosedRange<Duration>
    ) -> [Duration]? {
        guard let value = value(field) else { return nil }
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
        if let number = value.double, let duration = Self.duration(seconds: number), range.contains(duration) {
            return duration
        }
        let rule = "must be a number from \(range.lowerBound.secondsText) to \(range.upperBound.secondsText)"
        refuse(field, value.kind == .number ? .outOfRange : .wrongType, rule)
        return nil
    }

    /// Rounded to microseconds; nil beyond what any range allows.
    private static func duration(seconds: Double) -> Duration? {
        let microseconds = seconds * 1_000_000
        // 2^62 is beyond every range and safe to convert.
        guard microseconds.magnitude < 0x1p62 else { return nil }
        // Conversion cuts off, so half a microsecond away from zero rounds. (`rounded()` would need the C library's
        // mathematics, which nothing else here does.)
        return .microseconds(Int64(microseconds + (microseconds < 0 ? -0.5 : 0.5)))
    }

    /// Whole bounds without a fraction, as people write them.
    private static func text(_ bound: Double) -> String {
        let text = bound.description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    /// A string.
    package mutating func string(_ field: Field) -> String? {
        guard let value = value(field) else { return nil }
        guard let text = value.string else {
            refuse(field, .wrongType, "must be a string")
            return nil
        }
        return text
    }

    /// A string that is a name; see `NameRule`.
    package mutating func name<Name>(_ field: Field, _ make: (String) -> Name?) -> Name? {
        guard let value = value(field) else { return nil }
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
