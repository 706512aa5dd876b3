import Testing

@testable import TuskAPI

struct CoalescerStateTests {
    private typealias State = CoalescerState<Int>

    @Test func `a lone request goes at once and alone`() {
        var state = State()
        #expect(state.next() == nil)
        #expect(state.add(1, bytes: 10, .plain) == .admitted(mustWake: true))
        #expect(state.next()?.items == [1])
        #expect(state.next() == nil)
    }

    @Test func `what comes while a batch runs makes the next one, without waking anybody`() {
        var state = State()
        _ = state.add(1, bytes: 1, .plain)
        _ = state.next()
        for item in 2...9 { #expect(state.add(item, bytes: 1, .plain) == .admitted(mustWake: false)) }
        #expect(state.next()?.items == Array(2...9))
        #expect(state.next() == nil)
        #expect(state.add(10, bytes: 1, .plain) == .admitted(mustWake: true))
    }

    @Test func `requests with and without keys go apart and take turns`() {
        var state = State(limits: State.Limits(batchItemsMax: 2))
        for item in 0..<6 { _ = state.add(item, bytes: 1, .plain) }
        for item in 10..<13 { _ = state.add(item, bytes: 1, .keyed) }
        var batches: [[Int]] = []
        while let batch = state.next() { batches.append(batch.items) }
        #expect(batches == [[0, 1], [10, 11], [2, 3], [12], [4, 5]])
    }

    @Test func `a batch ends before it is too heavy, and holds at least one request`() {
        var state = State(limits: State.Limits(batchBytesMax: 100))
        for (item, bytes) in [(1, 60), (2, 40), (3, 1), (4, 500), (5, 1)] { _ = state.add(item, bytes: bytes, .plain) }
        var batches: [[Int]] = []
        while let batch = state.next() { batches.append(batch.items) }
        #expect(batches == [[1, 2], [3], [4], [5]])
        #expect(state.waitingBytes == 0)
    }

    @Test func `no more waits than there is room for`() {
        var state = State(limits: State.Limits(waitingItemsMax: 2, waitingBytesMax: 100))
        #expect(state.add(1, bytes: 60, .plain) != .full)
        #expect(state.add(2, bytes: 41, .keyed) == .full)
        #expect(state.add(3, bytes: 40, .keyed) != .full)
        #expect(state.add(4, bytes: 0, .plain) == .full)
        _ = state.next()
        #expect(state.add(5, bytes: 60, .plain) != .full)
    }

    @Test func `nothing is let in after the stop, and an idle worker is woken once to see it`() {
        var state = State()
        _ = state.next()
        let wakes = (state.stop(), state.stop())
        #expect(wakes == (true, false))
        #expect(state.add(1, bytes: 1, .plain) == .stopped)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `every request leaves exactly once, in the order of its kind, within the limits`(seed: UInt64) {
        var random = SplitMix64(state: seed)
        let limits = State.Limits(batchItemsMax: 7, batchBytesMax: 50, waitingItemsMax: 40, waitingBytesMax: 300)
        var state = State(limits: limits)
        var admitted: [Int: State.Kind] = [:]
        var left: [Int] = []
        var isAsleep = true
        for item in 0..<2000 {
            let kind = Bool.random(using: &random) ? State.Kind.plain : .keyed
            switch state.add(item, bytes: .random(in: 0...60, using: &random), kind) {
            case .admitted(let mustWake):
                #expect(mustWake == isAsleep)
                (admitted[item], isAsleep) = (kind, false)
            case .full: #expect(state.waitingCount > 0)
            case .stopped: Issue.record("nobody stopped it")
            }
            #expect(state.waitingCount <= 40 && state.waitingBytes <= 300)
            guard Int.random(in: 0..<5, using: &random) == 0 else { continue }
            if Int.random(in: 0..<30, using: &random) == 0 { left += state.giveUp().sorted() }
            guard let batch = state.next() else {
                #expect(state.waitingCount == 0)
                isAsleep = true
                continue
            }
            #expect((1...7).contains(batch.items.count))
            #expect(batch.items.allSatisfy { admitted[$0] == batch.kind })
            left += batch.items
        }
        while let batch = state.next() { left += batch.items }
        #expect(Set(left) == Set(admitted.keys) && left.count == admitted.count)
        for kind in [State.Kind.plain, .keyed] {
            let order = left.filter { admitted[$0] == kind }
            #expect(order == order.sorted())
        }
    }
}

/// Reproducible random numbers. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (2014).
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
