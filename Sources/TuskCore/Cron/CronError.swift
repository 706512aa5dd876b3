/// Why a text is no cron expression.
package struct CronError: Error, Equatable, Sendable {
    /// What is wrong. Texts are parts of the expression, at most 32 bytes of them.
    package enum Problem: Sendable, Hashable {
        /// Longer than `CronExpression.bytesMax`.
        case tooLong
        /// Something other than printable ASCII, spaces and tabs.
        case notASCII
        /// Neither five fields nor six.
        case fieldCount(Int)
        /// An `@` word that is not known.
        case unknownShorthand(String)
        /// What follows `@every` is no duration in `CronExpression.everyRange`.
        case badDuration(String)
        /// Nothing before, between or after commas, dashes or slashes.
        case empty
        /// Neither a number nor a name of this field.
        case notAValue(String)
        /// A number outside the field's range.
        case outOfRange(String)
        /// A range whose end comes before its start.
        case backwardRange(String)
        /// A step that is 0, larger than the field's range, or no number.
        case badStep(String)
        /// A step after a single value.
        case stepWithoutRange(String)
        /// What follows `L-` is not from 0 to 30.
        case badDaysFromLast(String)
        /// What follows `#` is not from 1 to 5.
        case badWeekdayCount(String)
        /// No day of any year fits.
        case neverFires
    }

    /// The field the problem is in; nil when it is in none or in several.
    package let field: CronField?
    package let problem: Problem

    init(_ problem: Problem, in field: CronField? = nil) {
        self.field = field
        self.problem = problem
    }

    /// The field and the problem, such as `minute: 60 is out of range, use 0 to 59`.
    package var message: String {
        guard let field else { return problemMessage }
        return "\(field.title): \(problemMessage)"
    }

    private var problemMessage: String {
        switch problem {
        case .tooLong: "a cron expression has at most \(CronExpression.bytesMax) characters"
        case .notASCII: "a cron expression has only ASCII letters, digits and signs"
        case .fieldCount(let count): "a cron expression has five fields, or six with seconds first, not \(count)"
        case .unknownShorthand(let word):
            "\(word) is not known, use @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually, or @every "
                + "and a duration"
        case .badDuration(let text):
            "@every takes whole seconds from 1s to 366d, written as 90s or 1h30m, not \(text)"
        case .empty: "a value is missing"
        case .notAValue(let text): "\(text) is neither \(allowed) nor a range, list or step of them"
        case .outOfRange(let text): "\(text) is out of range, use \(allowed)"
        case .backwardRange(let text): "the range \(text) runs backwards"
        case .badStep(let text): "the step \(text) is not a number from 1 to \(field?.all.count ?? 0)"
        case .stepWithoutRange(let text): "\(text) has a step, which only * and ranges can have"
        case .badDaysFromLast(let text): "\(text) is not L- and a number from 0 to 30"
        case .badWeekdayCount(let text): "\(text) is not a weekday, # and a number from 1 to 5"
        case .neverFires: "no day fits in any of the months, so it would never fire"
        }
    }

    private var allowed: String {
        guard let range = field?.range else { return "a value" }
        let names = field?.words.isEmpty == false ? " or a name" : ""
        return "\(range.lowerBound) to \(range.upperBound)\(names)"
    }
}
