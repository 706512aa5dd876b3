/// How slowly an answer may come, once it has begun: a server that sends a byte now and then would else hold a slot for
/// as long as the job may take.
struct AnswerPace: Sendable {
    /// The fewest bytes a second, head and body together. Defaults to 100.
    var bytesPerSecondMin = 100
    /// Over how long that is looked at. A server may be silent for less. Defaults to 60 seconds.
    var window = Duration.seconds(60)

    /// Why a call was given up.
    var words: String { "the answer came with less than \(bytesPerSecondMin) bytes a second" }

    /// Looks at how an answer comes. Pure: the time is told.
    struct Watch {
        private let pace: AnswerPace
        private var begunAt: ContinuousClock.Instant?
        /// What had come then.
        private var bytesThen = 0

        init(_ pace: AnswerPace) {
            self.pace = pace
        }

        /// Whether the last window has brought too little. `bytes`: all that came so far.
        mutating func isTooSlow(bytes: Int, at now: ContinuousClock.Instant) -> Bool {
            guard bytes > 0 else { return false }
            guard let begunAt else {
                (self.begunAt, bytesThen) = (now, bytes)
                return false
            }
            let time = begunAt.duration(to: now)
            guard time >= pace.window else { return false }
            let came = Double(bytes - bytesThen)
            (self.begunAt, bytesThen) = (now, bytes)
            return came < Double(pace.bytesPerSecondMin) * (time / .seconds(1))
        }
    }
}
