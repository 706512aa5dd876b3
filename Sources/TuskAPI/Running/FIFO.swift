/// Items that leave in the order in which they came.
struct FIFO<Item> {
    private var items: [Item?] = []
    private var start = 0

    var count: Int { items.count - start }
    var isEmpty: Bool { count == 0 }
    var first: Item? { isEmpty ? nil : items[start] }

    mutating func append(_ item: Item) {
        items.append(item)
    }

    /// Takes the first item. O(1) on average.
    mutating func popFirst() -> Item? {
        guard !isEmpty else { return nil }
        let item = items[start]
        items[start] = nil
        start += 1
        if start == items.count {
            items.removeAll(keepingCapacity: items.count <= 1024)
            start = 0
        } else if start >= 64, start * 2 >= items.count {
            items.removeFirst(start)
            start = 0
        }
        return item
    }

    /// Takes everything.
    mutating func popAll() -> [Item] {
        let all = items[start...].compactMap { $0 }
        self = FIFO()
        return all
    }
}

extension FIFO: Sendable where Item: Sendable {}
