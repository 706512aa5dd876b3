import Testing

@testable import TuskAPI

struct FIFOTests {
    @Test(arguments: 0..<10 as Range<UInt64>)
    func `items leave in the order in which they came`(seed: UInt64) {
        var random = SplitMix64(state: seed)
        var line = FIFO<Int>()
        var model: [Int] = []
        for number in 0..<5000 {
            switch Int.random(in: 0..<20, using: &random) {
            case 0...10:
                line.append(number)
                model.append(number)
            case 11...18:
                let first = line.popFirst()
                #expect(first == model.first)
                if !model.isEmpty { model.removeFirst() }
            default:
                guard number.isMultiple(of: 97) else { continue }
                #expect(line.popAll() == model)
                model = []
            }
            #expect(line.count == model.count)
            #expect(line.first == model.first)
        }
        #expect(line.popAll() == model)
        #expect(line.isEmpty)
    }
}
