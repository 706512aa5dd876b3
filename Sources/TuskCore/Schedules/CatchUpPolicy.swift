/// Which ticks of a schedule still fire when nobody was there to fire them in time.
public enum CatchUpPolicy: Sendable, Hashable {
    /// None: a tick that is more than `lateMax` late is missed.
    case skip
    /// The last of them, unless it is later than the window; nil: however late. The default, without a window.
    case one(window: Duration?)
    /// The last `max` of them, 1...1000, that are not later than the window.
    case all(max: Int, window: Duration?)

    /// How late a tick may be with `skip`: it takes a new leader to fire it at most 10 seconds.
    package static let lateMax = Duration.seconds(60)
    /// How many ticks may catch up.
    package static let maxRange = 1...1000
    /// The most that catch up unless the schedule says so.
    package static let maxDefault = 100
    /// How long a window may be.
    package static let windowRange: ClosedRange<Duration> = .seconds(1)...(.seconds(366 * 86_400))

    /// The word for it in requests and rows.
    package var word: String {
        switch self {
        case .skip: "skip"
        case .one: "one"
        case .all: "all"
        }
    }

    /// The most ticks that fire at once.
    package var firingMax: Int {
        switch self {
        case .skip, .one: 1
        case .all(let max, _): max
        }
    }

    /// The number that goes with `all`.
    package var max: Int? {
        switch self {
        case .skip, .one: nil
        case .all(let max, _): max
        }
    }

    /// The window as it was given; nil: none.
    package var window: Duration? {
        switch self {
        case .skip: nil
        case .one(let window), .all(_, let window): window
        }
    }

    /// How late a tick may fire; nil: however late.
    package var latenessMax: Duration? {
        switch self {
        case .skip: Self.lateMax
        case .one(let window), .all(_, let window): window
        }
    }

    /// A policy from its parts, as rows have them; nil when they are none.
    package init?(word: String, max: Int?, window: Duration?) {
        switch word {
        case "skip": self = .skip
        case "one": self = .one(window: window)
        case "all": self = .all(max: max ?? Self.maxDefault, window: window)
        default: return nil
        }
    }
}
