import Testing
import TuskCore

@testable import Tusk

private struct Entry: Settleable, Equatable {
    let number: Int
    let worker: WorkerID
    var lease = LeaseNumber.test(1)
    var bytes = 0
}

extension LeaseNumber {
    /// A lease of a test.
    static func test(_ number: Int64) -> LeaseNumber {
        guard let lease = LeaseNumber(rawValue: number) else { preconditionFailure("leases count from 1") }
        return lease
    }
}

@Suite struct SettlerStateTests {
    private let start = ContinuousClock.now
    private let first = WorkerID(high: 1, low: 1)
    private let second = WorkerID(high: 2, low: 2)

    private func entries(_ numbers: ClosedRange<Int>, _ worker: WorkerID) -> [Entry] {
        numbers.map { Entry(number: $0, worker: worker) }
    }

    private func sent(_ step: SettlerState<Entry>.Step) -> [Entry] {
        if case .send(let batch) = step { batch } else { [] }
    }

    @Test func `a lone entry goes at once, and what gathers meanwhile goes together`() {
        var state = SettlerState<Entry>(batchMax: 100)
        state.add(entries(1...1, first))
        #expect(sent(state.next(at: start)).map(\.number) == [1])
        state.add(entries(2...50, first))
        state.answered()
        #expect(sent(state.next(at: start)).map(\.number) == Array(2...50))
        state.answered()
        #expect(state.count == 0)
        guard case .idle = state.next(at: start) else {
            Issue.record("it has nothing to do")
            return
        }
    }

    @Test func `a batch has one worker and a limit`() {
        var state = SettlerState<Entry>(batchMax: 10)
        state.add(entries(1...15, first) + entries(16...20, second))
        var sizes: [Int] = []
        while case .send(let batch) = state.next(at: start) {
            #expect(Set(batch.map(\.worker)).count == 1)
            sizes.append(batch.count)
            state.answered()
        }
        #expect(sizes == [10, 5, 5])
    }

    @Test func `a batch without an answer is sent again as it was, later and later`() {
        var state = SettlerState<Entry>(batchMax: 10)
        state.add(entries(1...3, first))
        var now = start
        var waits: [Duration] = []
        for _ in 0..<8 {
            #expect(sent(state.next(at: now)).map(\.number) == [1, 2, 3])
            state.postponed(at: now, random: 0.5)
            state.add(entries(4...4, first))
            guard case .wait(let time) = state.next(at: now) else {
                Issue.record("it has to wait")
                return
            }
            waits.append(time)
            now = now.advanced(by: time)
        }
        #expect(zip(waits, waits.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(waits.last == .seconds(0.75))
        #expect(sent(state.next(at: now)).map(\.number) == [1, 2, 3])
    }

    @Test func `a batch has a limit of bytes, and one entry goes whatever its size`() {
        var state = SettlerState<Entry>(batchMax: 100, batchBytesMax: 10)
        state.add([3, 3, 3, 3, 50, 1].map { Entry(number: $0, worker: first, bytes: $0) })
        var batches: [[Int]] = []
        while case .send(let batch) = state.next(at: start) {
            batches.append(batch.map(\.number))
            state.answered()
        }
        #expect(batches == [[3, 3, 3], [3], [50], [1]])
    }

    @Test func `entries whose lease is held rest, the others go on`() {
        var state = SettlerState<Entry>(batchMax: 100)
        state.add((1...6).map { Entry(number: $0, worker: first, lease: .test(Int64($0 % 3 + 1))) })
        #expect(sent(state.next(at: start)).count == 6)
        state.locked(at: start)
        guard case .findHeld(let suspects) = state.next(at: start) else {
            Issue.record("it has to find out who is held")
            return
        }
        #expect(suspects.count == 6)
        state.found(held: [.test(2)], at: start)
        #expect(sent(state.next(at: start)).map(\.number) == [2, 3, 5, 6])
        state.answered()
        #expect(state.count == 2)
        guard case .wait(let pause) = state.next(at: start) else {
            Issue.record("it has to let them rest")
            return
        }
        state.add(entries(7...7, first))
        #expect(sent(state.next(at: start)).map(\.number) == [7])
        state.answered()
        guard case .findHeld(let rest) = state.next(at: start.advanced(by: pause)) else {
            Issue.record("it has to look again")
            return
        }
        #expect(rest.map(\.number) == [1, 4])
        state.found(held: [], at: start.advanced(by: pause))
        #expect(sent(state.next(at: start.advanced(by: pause))).map(\.number) == [1, 4])
    }

    @Test(arguments: 1...13)
    func `one entry that is refused for good does not keep its neighbours back`(_ poison: Int) {
        var state = SettlerState<Entry>(batchMax: 100)
        state.add(entries(1...13, first))
        var accepted: [Int] = []
        var refused: [Int] = []
        while case .send(let batch) = state.next(at: start) {
            if batch.contains(where: { $0.number == poison }) {
                if let entry = state.refused() { refused.append(entry.number) }
            } else {
                accepted += batch.map(\.number)
                state.answered()
            }
        }
        #expect(refused == [poison])
        #expect(accepted == (1...13).filter { $0 != poison })
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `every entry is accepted once, or refused once, in the order it came`(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var state = SettlerState<Entry>(batchMax: 7)
        var now = start
        var added = 0
        var settled: [Int] = []
        while added < 500 || state.count > 0 {
            if added < 500, Bool.random(using: &random) {
                let count = Int.random(in: 1...9, using: &random)
                let worker = Bool.random(using: &random) ? first : second
                state.add((added..<added + count).map { Entry(number: $0, worker: worker) })
                added += count
            }
            switch state.next(at: now) {
            case .idle: break
            case .findHeld: Issue.record("nothing was set aside, seed \(seed)")
            case .wait(let time): now = now.advanced(by: time)
            case .send(let batch):
                switch Int.random(in: 0..<10, using: &random) {
                case 0: state.postponed(at: now, random: 0)
                case 1: if let entry = state.refused() { settled.append(entry.number) }
                default:
                    settled += batch.map(\.number)
                    state.answered()
                }
            }
        }
        #expect(settled == Array(0..<added), "seed \(seed)")
    }
}
