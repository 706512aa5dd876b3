/// Finds two equal keys in one object, comparing unescaped bytes.
///
/// A few keys are compared pair by pair, which costs no memory. Many go through a hash table; Swift seeds its hashes
/// anew in each process, so nobody can prepare keys that collide.
enum JSONKeyCheck {
    /// Up to this many members every pair is compared: 120 comparisons, most ended by the length.
    private static let pairwiseMembersMax = 16

    /// The node of the second of two equal keys, or nil. The object is still open, its members end the tape.
    static func duplicate(ofObject object: Int, _ nodes: [JSONNode], _ bytes: Span<UInt8>) -> Int? {
        if nodes[object].hasEscape { return duplicateAfterUnescaping(object, nodes, bytes) }
        var memberCount = 0
        var later = object + 1
        while later < nodes.count {
            let laterKey = nodes[later].contents
            var earlier = object + 1
            while earlier < later {
                if areEqual(nodes[earlier].contents, laterKey, bytes) { return later }
                earlier = Int(nodes[earlier + 1].next)
            }
            later = Int(nodes[later + 1].next)
            memberCount += 1
            if memberCount > pairwiseMembersMax {
                return duplicateByHash(keyNodes(object, nodes), bytes) { nodes[$0].contents }
            }
        }
        return nil
    }

    private static func duplicateAfterUnescaping(_ object: Int, _ nodes: [JSONNode], _ bytes: Span<UInt8>) -> Int? {
        var unescaped: [UInt8] = []
        var ranges: [Range<Int>] = []
        let keys = keyNodes(object, nodes)
        for key in keys {
            let start = unescaped.count
            JSONUnescape.append(nodes[key].contents, of: bytes, to: &unescaped)
            ranges.append(start..<unescaped.count)
        }
        let second = duplicateByHash(Array(keys.indices), unescaped.span) { ranges[$0] }
        return second.map { keys[$0] }
    }

    private static func keyNodes(_ object: Int, _ nodes: [JSONNode]) -> [Int] {
        var keys: [Int] = []
        keys.reserveCapacity((nodes.count - object) / 2)
        var key = object + 1
        while key < nodes.count {
            keys.append(key)
            key = Int(nodes[key + 1].next)
        }
        return keys
    }

    /// Open addressing with linear steps, at most half full. An entry is the hash's upper half and the key's place
    /// in `keys` plus one; 0 is an empty entry.
    private static func duplicateByHash(
        _ keys: [Int],
        _ bytes: Span<UInt8>,
        contents: (Int) -> Range<Int>
    ) -> Int? {
        let size = 1 << (Int.bitWidth - (keys.count * 2 - 1).leadingZeroBitCount)
        var table = [UInt64](repeating: 0, count: size)
        for (place, key) in keys.enumerated() {
            let range = contents(key)
            let hash = hash(range, bytes)
            var slot = Int(truncatingIfNeeded: hash) & (size - 1)
            while table[slot] != 0 {
                let other = Int(table[slot] & 0xFFFF_FFFF) - 1
                if table[slot] >> 32 == hash >> 32, areEqual(contents(keys[other]), range, bytes) { return key }
                slot = (slot + 1) & (size - 1)
            }
            table[slot] = hash & ~0xFFFF_FFFF | UInt64(place + 1)
        }
        return nil
    }

    private static func hash(_ range: Range<Int>, _ bytes: Span<UInt8>) -> UInt64 {
        var hasher = Hasher()
        bytes.extracting(range).withUnsafeBytes { hasher.combine(bytes: $0) }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    @inline(__always)
    private static func areEqual(_ left: Range<Int>, _ right: Range<Int>, _ bytes: Span<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        for step in 0..<left.count where bytes[left.lowerBound + step] != bytes[right.lowerBound + step] {
            return false
        }
        return true
    }
}
