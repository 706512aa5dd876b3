import Dispatch

/// A condition that did not come true in time.
public struct NeverHappened: Error, CustomStringConvertible {
    /// Where the test waited for it, and for how long.
    public let description: String
}

/// Waits until `condition` is true, asking every few milliseconds, or throws `NeverHappened`. No thread sleeps.
///
/// It asks at least twenty times, also after the limit: a test that got no core for that long has not waited.
public func eventually(
    within limit: Duration = .seconds(5),
    _ what: String = "the condition",
    file: String = #fileID,
    line: Int = #line,
    _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now.advanced(by: limit)
    var pauseMilliseconds = 1
    var asked = 0
    while try await !condition() {
        asked += 1
        guard ContinuousClock.now < end || asked < 20 else {
            throw NeverHappened(description: "\(what) did not come true within \(limit) (\(file):\(line))")
        }
        await pause(milliseconds: pauseMilliseconds)
        pauseMilliseconds = min(50, pauseMilliseconds * 2)
    }
}

private func pause(milliseconds: Int) async {
    await withCheckedContinuation { continuation in
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(milliseconds)) {
            continuation.resume()
        }
    }
}
