import Testing

@testable import TuskHTTP

struct DeadlineHeapTests {
    @Test func `deadlines come up in order and not before their time`() {
        var random = SeededGenerator(seed: 7)
        var heap = DeadlineHeap()
        var expected: [Int64] = []
        for token in 0..<2000 {
            let at = Int64.random(in: 0..<500, using: &random)
            heap.insert(DeadlineHeap.Entry(at: at, token: UInt64(token)))
            expected.append(at)
        }
        expected.sort()
        var popped: [Int64] = []
        for now in Int64(0)..<500 {
            while let entry = heap.popDue(now) {
                #expect(entry.at == now)
                popped.append(entry.at)
            }
        }
        #expect(popped == expected)
        #expect(heap.nearest == nil)
    }
}
