import Testing

@testable import TuskAPI
@testable import TuskStore

struct SplitRunTests {
    private func fault(_ sqlState: String, isTransient: Bool = false, isUnknown: Bool = false) -> StoreError {
        .database(DatabaseFault(sqlState: sqlState, message: "", isTransient: isTransient, isUnknownOutcome: isUnknown))
    }

    @Test(arguments: [[], [0], [7], [99], [3, 4, 50], Array(0..<100)] as [[Int]])
    func `what the database cannot take fails alone`(poison: [Int]) throws {
        var runs = 0
        let results = SplitRun.run(Array(0..<100)[...]) { items throws(StoreError) in
            runs += 1
            guard !items.contains(where: poison.contains) else { throw fault("22021") }
            return items.map { $0 * 2 }
        }
        #expect(results.count == 100)
        for (item, result) in results.enumerated() {
            switch result {
            case .success(let answer): #expect(answer == item * 2 && !poison.contains(item))
            case .failure: #expect(poison.contains(item))
            }
        }
        #expect(runs <= 1 + poison.count * 14)
    }

    @Test(arguments: [("40001", true, false), ("08006", true, true), ("22021", true, false), ("42P01", false, false)])
    func `a failure that lies not in the data hits all, and nothing is tried again`(
        state: String,
        isTransient: Bool,
        isUnknown: Bool
    ) {
        var runs = 0
        let error = fault(state, isTransient: isTransient, isUnknown: isUnknown)
        let results = SplitRun.run(Array(0..<100)[...]) { (_: ArraySlice<Int>) throws(StoreError) -> [Int] in
            runs += 1
            throw error
        }
        #expect(runs == 1)
        #expect(results == Array(repeating: .failure(error), count: 100))
    }
}
