import Testing

struct ClaimCursorRandomWalkTests {
    @Test(arguments: [UInt64](1...20))
    func `while transactions end within two seconds no row is ever passed by`(seed: UInt64) {
        var lane = LaneSimulation(seed: seed, rules: .init(transactionMax: 1900))
        for _ in 0..<4000 { lane.step(writing: true) }
        for _ in 0..<4000 where !lane.isEmpty { lane.step(writing: false) }
        #expect(lane.passedBy == 0, "seed \(seed)")
        #expect(lane.isEmpty)
        #expect(lane.claimed.count == lane.written)
        #expect(lane.claimsAboveZero > 1500)
    }

    @Test(arguments: [UInt64](1...20))
    func `whatever commits late or rolls back, every row is claimed once and none is lost`(seed: UInt64) {
        let rules = LaneSimulation.Rules(transactionMax: 20_000, drawsBeforeNumber: true, rollsBack: true)
        var lane = LaneSimulation(seed: seed, rules: rules)
        for _ in 0..<4000 { lane.step(writing: true) }
        for _ in 0..<40_000 where !lane.isEmpty { lane.step(writing: false) }
        #expect(lane.isEmpty, "seed \(seed)")
        #expect(lane.written > 5000)
        #expect(lane.claimed.count == lane.written)
        #expect(lane.claimed.values.allSatisfy { $0 == 1 })
        #expect(lane.passedBy > 0)
    }
}
