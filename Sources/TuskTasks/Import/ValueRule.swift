import TuskCore

/// What a column takes, as far as it can be known without asking PostgreSQL. Pure.
///
/// A rule names a fault only where every supported version of PostgreSQL refuses the value. What it lets pass may
/// still be refused by the server, at the price of finding the row again.
///
/// Source: PostgreSQL 15 manual, chapter 8 "Data Types", and the input functions of the types.
enum ValueRule: Sendable, Hashable {
    case integer(bits: Int)
    case float
    /// Digits in front of the point at most; nil: no limit was declared.
    case numeric(wholeDigits: Int?)
    case boolean
    case date
    case timestamp
    /// Characters at most, not counting spaces at the end; nil: no limit was declared.
    case text(charactersMax: Int?)
    case uuid
    case json
    /// A type that only the server knows.
    case unknown

    /// The rule of a column, by the type's number in `pg_type` and its modifier.
    init(typeNumber: Int64, modifier: Int32) {
        // The modifiers count from 4. Source: PostgreSQL 15, src/backend/utils/adt/numeric.c and varchar.c.
        let limit = modifier < 4 ? nil : modifier - 4
        switch typeNumber {
        case 21: self = .integer(bits: 16)
        case 23: self = .integer(bits: 32)
        case 20: self = .integer(bits: 64)
        case 700, 701: self = .float
        case 1700: self = .numeric(wholeDigits: limit.map(Self.wholeDigits))
        case 16: self = .boolean
        case 1082: self = .date
        case 1114, 1184: self = .timestamp
        case 25: self = .text(charactersMax: nil)
        case 1042, 1043: self = .text(charactersMax: limit.map { Int($0) })
        case 2950: self = .uuid
        case 114, 3802: self = .json
        default: self = .unknown
        }
    }

    /// Precision and scale are two halves of the modifier; the scale has 11 bits with a sign.
    private static func wholeDigits(_ packed: Int32) -> Int {
        let scale = Int(((packed & 0x7FF) ^ 1024) - 1024)
        return Int((packed >> 16) & 0xFFFF) - scale
    }

    /// Why the value cannot be of this type; nil when it may well be.
    func fault(in value: Span<UInt8>) -> ValueFault? {
        switch self {
        case .integer(let bits): NumberText.faultOfInteger(value, bits: bits)
        case .float: NumberText.faultOfDecimal(value, wholeDigitsMax: nil)
        case .numeric(let digits): NumberText.faultOfDecimal(value, wholeDigitsMax: digits)
        case .boolean: WordText.isBoolean(value) ? nil : .notBoolean
        case .date: TimeText.fault(value, of: .notDate)
        case .timestamp: TimeText.fault(value, of: .notTimestamp)
        case .text(let charactersMax): WordText.fault(value, charactersMax: charactersMax)
        case .uuid: WordText.isUUID(value) ? nil : .notUUID
        case .json: Self.faultOfJSON(value)
        case .unknown: WordText.fault(value, charactersMax: nil)
        }
    }

    /// Whether any text may fit.
    var takesAnyText: Bool {
        switch self {
        case .text, .json, .unknown: true
        case .integer, .float, .numeric, .boolean, .date, .timestamp, .uuid: false
        }
    }

    /// The server takes more than our scanner does (depth, digits, doubled keys), so only plain mistakes count.
    private static func faultOfJSON(_ value: Span<UInt8>) -> ValueFault? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(value.count)
        for index in 0..<value.count { bytes.append(value[index]) }
        do throws(JSONError) {
            _ = try JSONText(validating: bytes)
        } catch {
            switch error.reason {
            case .empty, .unexpectedEnd, .unexpectedByte, .trailingBytes, .byteOrderMark, .invalidUTF8,
                .controlCharacter, .invalidEscape, .invalidNumber:
                return .notJSON
            case .nulNotAllowed, .loneSurrogate, .tooManyDigits, .exponentOutOfRange, .tooDeep, .tooManyNodes,
                .keyTooLong, .duplicateKey, .tooLarge:
                return nil
            }
        }
        return nil
    }
}

/// Why a value does not fit its column.
enum ValueFault: Sendable, Hashable {
    case notInteger
    case integerTooLarge
    case notNumber
    case numberTooLarge
    case notBoolean
    case notDate
    case notTimestamp
    case noSuchDay
    case noSuchTime
    case textTooLong
    case notUTF8
    case nul
    case notUUID
    case notJSON

    /// In words, to follow the value.
    var reason: String {
        switch self {
        case .notInteger: "is not a whole number"
        case .integerTooLarge: "is too large a whole number"
        case .notNumber: "is not a number"
        case .numberTooLarge: "is too large a number"
        case .notBoolean: "is not true or false"
        case .notDate: "is not a date"
        case .notTimestamp: "is not a timestamp"
        case .noSuchDay: "is a day that does not exist"
        case .noSuchTime: "is a time that does not exist"
        case .textTooLong: "is too long"
        case .notUTF8: "is not UTF-8"
        case .nul: "contains a NUL character"
        case .notUUID: "is not a UUID"
        case .notJSON: "is not JSON"
        }
    }
}
