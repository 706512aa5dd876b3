/// The band of a job in its queue: 0...9, smaller is claimed first. Defaults to 5.
public struct Priority: Sendable, Hashable, Comparable {
    /// 0...9.
    public let rawValue: Int16

    /// The band with this number; nil outside 0...9.
    public init?(rawValue: Int16) {
        guard (0...9).contains(rawValue) else { return nil }
        self.rawValue = rawValue
    }

    private init(checked rawValue: Int16) { self.rawValue = rawValue }

    /// The band of jobs that name none: 5.
    public static let standard = Priority(checked: 5)

    /// The least urgent band that counts as urgent where nothing else is said: 2.
    public static let urgent = Priority(checked: 2)

    /// Every band, the most urgent first.
    public static let all: [Priority] = (0...9).map(Priority.init(checked:))

    /// More urgent bands come first.
    public static func < (left: Priority, right: Priority) -> Bool { left.rawValue < right.rawValue }
}
