/// What is wrong with a request, field by field.
public struct ValidationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// One thing that is wrong.
    public struct Problem: Equatable, Sendable {
        /// The field, as a JSON pointer in URI fragment form, such as `#/priority`.
        public let pointer: String
        /// The stable machine name of what is wrong, such as `out_of_range`.
        public let code: String
        /// The same for people, such as `priority must be a whole number from 0 to 9`.
        public let detail: String

        /// A problem found by hand.
        package init(pointer: String, code: String, detail: String) {
            self.pointer = pointer
            self.code = code
            self.detail = detail
        }

        /// A problem with one of the common codes.
        package init(pointer: String, _ code: Code, _ detail: String) {
            self.init(pointer: pointer, code: code.rawValue, detail: detail)
        }
    }

    /// The codes that the core uses. Other modules may have more.
    package enum Code: String, Sendable, CaseIterable {
        /// The field has to be there.
        case required = "required"
        /// There is no such field.
        case unknownField = "unknown_field"
        /// A value of another JSON type is needed.
        case wrongType = "wrong_type"
        /// The value is too small or too large, or not whole where it has to be.
        case outOfRange = "out_of_range"
        /// The text is no name; see `NameRule`.
        case invalidName = "invalid_name"
        /// The text is no time that is accepted.
        case invalidTime = "invalid_time"
        /// More bytes than are allowed.
        case tooLarge = "too_large"
        /// More elements than are allowed.
        case tooMany = "too_many"
        /// The same element twice.
        case duplicate = "duplicate"
        /// Two fields that exclude each other.
        case conflictingFields = "conflicting_fields"
        /// The text is none of the words that are known here.
        case unknownValue = "unknown_value"
        /// The text is no W3C trace context.
        case invalidTraceparent = "invalid_traceparent"
    }

    /// The most problems that are reported at once; an answer must not be much larger than the request.
    package static let problemsMax = 50

    /// All that is wrong, in the order in which it was found; never empty, at most 50.
    public let problems: [Problem]

    /// An error of at least one problem; those past the fiftieth are left out.
    package init(problems: [Problem]) {
        precondition(!problems.isEmpty, "a validation error needs a problem")
        self.problems = Array(problems.prefix(Self.problemsMax))
    }

    /// The error of one problem.
    package init(pointer: String, _ code: Code, _ detail: String) {
        self.init(problems: [Problem(pointer: pointer, code, detail)])
    }

    /// The details, separated by semicolons.
    public var description: String { problems.map(\.detail).joined(separator: "; ") }
}
