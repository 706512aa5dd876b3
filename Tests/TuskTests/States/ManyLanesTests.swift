import Testing
import TuskCore
import TuskStore

@testable import Tusk

/// Lanes of a worker that has too many to name them all.
@Suite struct ManyLanesTests {
    private let start = ContinuousClock.now
    private let queues = (0..<1000).map(Self.queue)

    private static func queue(_ number: Int) -> QueueName {
        guard let name = QueueName("q\(number)") else { preconditionFailure("a queue's name") }
        return name
    }

    private func at(_ seconds: Double) -> ContinuousClock.Instant {
        start.advanced(by: .seconds(seconds))
    }

    private func lanes(_ numbers: Range<Int>, _ priority: Int16 = 5) -> [Lane] {
        numbers.map { Lane(queue: Self.queue($0), priority: .test(priority), cursor: 0) }
    }

    @Test func `only those that hold jobs are named, the urgent first`() {
        var cursors = LaneCursors(queues: queues, at: start)
        #expect(cursors.wantsLook(at: start) && cursors.next(at: start).isEmpty)
        cursors.found(lanes(7..<9, 1) + lanes(0..<300), in: .milliseconds(1), at: start)
        #expect(!cursors.wantsLook(at: at(0.04)) && cursors.wantsLook(at: at(0.05)))
        let named = cursors.next(at: start)
        #expect(named == lanes(7..<9, 1) + lanes(0..<158))
        cursors.claimed([:], named, reachedLimit: false, xmin: 0, xmax: 0, at: start)
        #expect(cursors.holdsMore && cursors.next(at: start) == lanes(158..<300))
        cursors.claimed([:], cursors.next(at: start), reachedLimit: false, xmin: 0, xmax: 0, at: start)
        #expect(!cursors.holdsMore && cursors.wantsLook(at: start))
    }

    @Test func `the one that filled a claim comes after the others of its band`() {
        var cursors = LaneCursors(queues: queues, at: start)
        let all = lanes(0..<3) + lanes(3..<4, 6)
        cursors.found(all, in: .zero, at: start)
        let firsts = (0..<4).map { turn in
            let named = cursors.next(at: start)
            let key = LaneCursors.Key(named[0])
            cursors.claimed([key: Int64(turn + 1)], named, reachedLimit: true, xmin: 0, xmax: 0, at: start)
            // Looking again keeps the line.
            cursors.found(all, in: .zero, at: start)
            return key.queue.text
        }
        #expect(firsts == ["q0", "q1", "q2", "q0"])
    }

    @Test func `looking takes a twentieth of the time at most`() {
        var cursors = LaneCursors(queues: queues, at: start)
        cursors.found(lanes(0..<1), in: .milliseconds(100), at: start)
        #expect(!cursors.wantsLook(at: at(1.99)) && cursors.wantsLook(at: at(2)))
    }
}
