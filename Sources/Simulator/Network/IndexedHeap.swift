/// Numbered items by key, the least first; an item can be found, moved and removed.
///
/// An implicit heap with four children per node: half as deep as a binary one, and the children of a node,
/// 64 bytes, are read together. Where each item stands is kept by the owner, in an array by item that
/// several heaps may share as long as an item is in one of them at a time. swift-collections has no heap with
/// that; without it an entry that moves would leave a tombstone behind, and memory traffic is what counts.
struct IndexedHeap: Sendable {
    /// An item and its key. Ordered by key, then by `tie`, then by item.
    struct Entry: BitwiseCopyable, Sendable {
        // Doubles that are not negative are ordered as their bits are.
        private let keyBits: UInt64
        private let tieAndItem: UInt64

        /// - Precondition: `key` is not negative.
        init(key: Double, tie: UInt32, item: Int32) {
            precondition(key >= 0, "a heap key of \(key)")
            keyBits = (key + 0.0).bitPattern
            tieAndItem = UInt64(tie) << 32 | UInt64(UInt32(bitPattern: item))
        }

        /// An entry among others made alike, of which the one with the greatest key comes first.
        ///
        /// - Precondition: `key` is not negative.
        init(descendingKey key: Double, item: Int32) {
            precondition(key >= 0, "a heap key of \(key)")
            keyBits = ~(key + 0.0).bitPattern
            tieAndItem = UInt64(UInt32(bitPattern: item))
        }

        var key: Double { Double(bitPattern: keyBits) }
        var descendingKey: Double { Double(bitPattern: ~keyBits) }
        var tie: UInt32 { UInt32(truncatingIfNeeded: tieAndItem >> 32) }
        var item: Int32 { Int32(truncatingIfNeeded: tieAndItem) }

        static func < (left: Entry, right: Entry) -> Bool {
            // One comparison of 128 bits: without a branch, which the processor could not predict.
            UInt128(left.keyBits) << 64 | UInt128(left.tieAndItem)
                < UInt128(right.keyBits) << 64 | UInt128(right.tieAndItem)
        }
    }

    private var entries: [Entry] = []
    /// Entries moved from one place to another so far.
    private(set) var moveCount = 0

    /// Items in the heap.
    var count: Int { entries.count }

    /// The item with the least key.
    ///
    /// - Complexity: O(1).
    var first: Entry? { entries.first }

    /// The entry at a position.
    subscript(position: Int32) -> Entry { entries[Int(position)] }

    /// Adds an item.
    ///
    /// - Complexity: O(log *n*).
    mutating func insert(_ entry: Entry, positions: inout [Int32]) {
        entries.append(entry)
        settle(entry, at: entries.count - 1, &positions)
    }

    /// Gives the item at `position` another key.
    ///
    /// - Complexity: O(log *n*).
    mutating func replace(at position: Int32, by entry: Entry, positions: inout [Int32]) {
        settle(entry, at: Int(position), &positions)
    }

    /// Removes the item at `position`; its own position is left as it was.
    ///
    /// - Complexity: O(log *n*).
    mutating func remove(at position: Int32, positions: inout [Int32]) {
        let last = entries.removeLast()
        if Int(position) < entries.count { settle(last, at: Int(position), &positions) }
    }

    /// Puts `entry` where the gap is, or as far up or down from there as its key demands.
    private mutating func settle(_ entry: Entry, at start: Int, _ positions: inout [Int32]) {
        moveCount += entries.withUnsafeMutableBufferPointer { heap in
            positions.withUnsafeMutableBufferPointer { positions in
                Self.settle(entry, at: start, heap, positions)
            }
        }
    }

    /// As above, on bare memory; returns how many entries were written.
    private static func settle(
        _ entry: Entry, at start: Int, _ heap: UnsafeMutableBufferPointer<Entry>,
        _ positions: UnsafeMutableBufferPointer<Int32>
    ) -> Int {
        var gap = start
        var moves = 1
        func fill(from source: Int) {
            heap[gap] = heap[source]
            positions[Int(heap[gap].item)] = Int32(truncatingIfNeeded: gap)
            gap = source
            moves += 1
        }
        while gap > 0, entry < heap[(gap - 1) / 4] { fill(from: (gap - 1) / 4) }
        // An entry that went up is less than all below.
        let wentUp = moves > 1
        while !wentUp, let least = leastChild(of: gap, heap), heap[least] < entry {
            fill(from: least)
        }
        heap[gap] = entry
        positions[Int(entry.item)] = Int32(truncatingIfNeeded: gap)
        return moves
    }

    private static func leastChild(of node: Int, _ heap: UnsafeMutableBufferPointer<Entry>) -> Int? {
        let child = 4 * node + 1
        guard child + 3 < heap.count else {
            guard child < heap.count else { return nil }
            return (child..<heap.count).reduce(child) { heap[$1] < heap[$0] ? $1 : $0 }
        }
        let left = heap[child + 1] < heap[child] ? child + 1 : child
        let right = heap[child + 3] < heap[child + 2] ? child + 3 : child + 2
        return heap[right] < heap[left] ? right : left
    }
}
