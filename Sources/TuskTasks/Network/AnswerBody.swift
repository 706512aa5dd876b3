/// The beginning of an answer's body, and how long it is. Used by one thread.
final class AnswerBody {
    private let bytesMax: Int
    /// Its first bytes, at most `bytesMax`.
    private(set) var kept: [UInt8] = []
    /// All bytes that came.
    private(set) var byteCount = 0

    init(bytesMax: Int) {
        self.bytesMax = bytesMax
    }

    func take(_ bytes: [UInt8]) {
        kept += bytes.prefix(bytesMax - kept.count)
        byteCount += bytes.count
    }

    /// Whether all of it was kept.
    var isWhole: Bool { kept.count == byteCount }
}
