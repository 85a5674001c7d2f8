import HeapModule

/// Share groups by some key, with tombstones.
///
/// Each group has at most one live entry, the one that carries the group's current stamp; the owner keeps the
/// stamps, by group, and passes them in. Leading tombstones are dropped when they are met, the others when
/// they outnumber the groups.
struct GroupHeap: Sendable {
    private struct Entry: Comparable {
        let key: Double
        /// Ties go to the entry made first.
        let stamp: UInt64
        let group: Int

        static func < (left: Entry, right: Entry) -> Bool {
            left.key != right.key ? left.key < right.key : left.stamp < right.stamp
        }

        static func == (left: Entry, right: Entry) -> Bool {
            left.stamp == right.stamp
        }
    }

    private var heap = Heap<Entry>()

    /// Entries, tombstones included.
    var count: Int { heap.count }

    /// Inserts the live entry of a group.
    ///
    /// - Complexity: O(log *n*), amortized.
    mutating func insert(group: Int, key: Double, liveStamps: [UInt64]) {
        if heap.count > 2 * liveStamps.count + 64 {
            heap = Heap(heap.unordered.filter { liveStamps[$0.group] == $0.stamp })
        }
        heap.insert(Entry(key: key, stamp: liveStamps[group], group: group))
    }

    /// The group with the least key.
    ///
    /// - Complexity: O(log *n*), amortized over the insertions.
    mutating func first(liveStamps: [UInt64]) -> (group: Int, key: Double)? {
        while let entry = heap.min {
            if liveStamps[entry.group] == entry.stamp { return (entry.group, entry.key) }
            heap.removeMin()
        }
        return nil
    }

    /// The group with the greatest key.
    ///
    /// - Complexity: O(log *n*), amortized over the insertions.
    mutating func last(liveStamps: [UInt64]) -> (group: Int, key: Double)? {
        while let entry = heap.max {
            if liveStamps[entry.group] == entry.stamp { return (entry.group, entry.key) }
            heap.removeMax()
        }
        return nil
    }
}
