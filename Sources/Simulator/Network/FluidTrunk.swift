import HeapModule

/// One direction of a star: leaf links, one per client, that meet in the trunk, the server's link.
///
/// Rates are max-min fair (Bertsekas and Gallager, *Data Networks*, section 6.5.2): every flow runs at the
/// lesser of its own limit, the leaf's capacity over the flows on that leaf, and the *level*, which
/// is the same for all and such that the trunk is full or nobody is held back by it.
///
/// Flows with the same own limit form a ``ShareGroup``. Groups below the level complete at instants that do
/// not move; groups at the level complete at values of the *level service*, the integral of the level over
/// time, which do not move either. So an arrival or a departure touches its own group and the groups that
/// the level passes, and nothing else.
///
/// - Complexity: O(log *n*) per arrival, departure and passed group, where a leaf carries one flow; a flow
///   that joins *k* others on its leaf moves them all: O(*k* log *n*).
struct FluidTrunk: Sendable {
    /// Capacity of the trunk in bytes/s.
    let capacity: Double
    /// Time of the last change, in seconds.
    private(set) var seconds = 0.0

    private struct Flow {
        let number: Int
        let leaf: Int
        /// `nil` while it is between two groups, and when it has left.
        var group: Int?
        /// Service of the group at which it completes.
        var target = 0.0
    }

    private struct Leaf {
        let capacity: Double
        var slots: [Int] = []
    }

    private var leaves: [Leaf]
    private var flows: [Flow] = []
    private var freeSlots: [Int] = []
    private var groups: [ShareGroup] = []
    private var freeGroups: [Int] = []
    /// Groups by share, looked up only.
    private var groupOfShare: [Double: Int] = [:]

    /// Tells the live entry of each group from tombstones, 0 for a group that is free.
    private var shareStamps: [UInt64] = []
    private var completionStamps: [UInt64] = []
    private var lastStamp: UInt64 = 0
    private var sharesBelowLevel = GroupHeap()
    private var sharesAtLevel = GroupHeap()
    private var completionsBelowLevel = GroupHeap()
    private var completionsAtLevel = GroupHeap()

    /// Sum of the rates of flows below the level, in bytes/s.
    private var rateBelowLevel = 0.0
    private var flowsBelowLevel = 0
    private var flowsAtLevel = 0
    /// Bytes that a flow always at the level would have got.
    private var levelService = 0.0

    init(capacity: Double, leafCapacities: [Double]) {
        self.capacity = capacity
        leaves = leafCapacities.map { Leaf(capacity: $0) }
    }

    /// The rate of flows that the trunk holds back, in bytes/s.
    private var level: Double {
        flowsAtLevel > 0 ? (capacity - rateBelowLevel) / Double(flowsAtLevel) : .infinity
    }
}

// MARK: - Arrivals, departures, time

extension FluidTrunk {
    /// Adds a flow that drains from now on, and returns its slot.
    mutating func add(number: Int, bytes: Int, leaf: Int) -> Int {
        let flow = Flow(number: number, leaf: leaf)
        let slot: Int
        if let free = freeSlots.popLast() {
            slot = free
            flows[slot] = flow
        } else {
            slot = flows.count
            flows.append(flow)
        }
        let others = leaves[leaf].slots
        leaves[leaf].slots.append(slot)
        place(slot, bytes: Double(bytes), share: leaves[leaf].capacity / Double(others.count + 1))
        share(leaf: leaf, among: others)
        rebalance()
        return slot
    }

    /// Removes a flow and returns the bytes it had still to deliver, at least 0.
    mutating func remove(slot: Int) -> Double {
        let remaining = withdraw(slot)
        freeSlots.append(slot)
        let leaf = flows[slot].leaf
        leaves[leaf].slots.removeAll { $0 == slot }
        share(leaf: leaf, among: leaves[leaf].slots)
        rebalance()
        // Starting again from zero keeps the full precision of `Double` over a long run.
        if flowsAtLevel + flowsBelowLevel == 0 { levelService = 0 }
        return remaining
    }

    /// The next completion: its time in seconds, not before ``seconds``, and the number of its flow.
    mutating func nextCompletion() -> (seconds: Double, number: Int)? {
        var next: (seconds: Double, group: Int)?
        if let (group, key) = completionsBelowLevel.first(liveStamps: completionStamps) {
            next = (max(seconds, key), group)
        }
        if let (group, key) = completionsAtLevel.first(liveStamps: completionStamps) {
            let time = seconds + max(0, key - levelService) / level
            if time < next?.seconds ?? .infinity { next = (time, group) }
        }
        return next.map { ($0.seconds, groups[$0.group].targets.min!.number) }
    }

    /// Lets time pass. No flow may complete before `seconds`.
    mutating func advance(to seconds: Double) {
        precondition(seconds >= self.seconds, "time goes back from \(self.seconds) s to \(seconds) s")
        if flowsAtLevel > 0 { levelService += level * (seconds - self.seconds) }
        self.seconds = seconds
    }

    /// The present rate of a flow in bytes/s.
    func rate(slot: Int) -> Double {
        guard let group = flows[slot].group else { preconditionFailure("no flow in slot \(slot)") }
        return groups[group].isAtLevel ? level : groups[group].share
    }
}

// MARK: - Groups

extension FluidTrunk {
    /// Gives the flows of a leaf their new equal shares of it.
    private mutating func share(leaf: Int, among slots: [Int]) {
        let share = leaves[leaf].capacity / Double(leaves[leaf].slots.count)
        for slot in slots {
            let remaining = withdraw(slot)
            place(slot, bytes: remaining, share: share)
        }
    }

    /// Puts a flow into the group of its share, which is made at the level if there is none.
    private mutating func place(_ slot: Int, bytes: Double, share: Double) {
        let group = groupOfShare[share] ?? makeGroup(share: share)
        groups[group].flowCount += 1
        count(flows: 1, of: group)
        let target = groups[group].service(seconds: seconds, levelService: levelService) + bytes
        flows[slot].group = group
        flows[slot].target = target
        let isFirst = groups[group].targets.min.map { target < $0.service } ?? true
        groups[group].targets.insert(FlowTarget(service: target, number: flows[slot].number, slot: slot))
        if isFirst { announceCompletion(of: group) }
    }

    /// Takes a flow out of its group and returns its remaining bytes.
    private mutating func withdraw(_ slot: Int) -> Double {
        guard let group = flows[slot].group else { preconditionFailure("no flow in slot \(slot)") }
        let served = groups[group].service(seconds: seconds, levelService: levelService)
        flows[slot].group = nil
        groups[group].flowCount -= 1
        count(flows: -1, of: group)
        if groups[group].flowCount == 0 {
            discardGroup(group)
        } else {
            dropTombstones(of: group)
        }
        return max(0, flows[slot].target - served)
    }

    private mutating func makeGroup(share: Double) -> Int {
        let made = ShareGroup(share: share, levelService: levelService)
        let group: Int
        if let free = freeGroups.popLast() {
            group = free
            groups[group] = made
        } else {
            group = groups.count
            groups.append(made)
            shareStamps.append(0)
            completionStamps.append(0)
        }
        groupOfShare[share] = group
        announceShare(of: group)
        return group
    }

    private mutating func discardGroup(_ group: Int) {
        groupOfShare[groups[group].share] = nil
        groups[group].targets = Heap()
        shareStamps[group] = 0
        completionStamps[group] = 0
        freeGroups.append(group)
    }

    /// Removes leading entries of flows that have left, and all of them when they outnumber the flows.
    private mutating func dropTombstones(of group: Int) {
        let before = groups[group].targets.min
        if groups[group].targets.count > 2 * groups[group].flowCount + 16 {
            let entries = groups[group].targets.unordered.filter { isLive($0, in: group) }
            groups[group].targets = Heap(entries)
        }
        while let first = groups[group].targets.min, !isLive(first, in: group) {
            groups[group].targets.removeMin()
        }
        if groups[group].targets.min != before { announceCompletion(of: group) }
    }

    private func isLive(_ entry: FlowTarget, in group: Int) -> Bool {
        let flow = flows[entry.slot]
        return flow.number == entry.number && flow.group == group && flow.target == entry.service
    }
}

// MARK: - The level

extension FluidTrunk {
    /// Notes that flows joined or left a group on its side of the level.
    private mutating func count(flows: Int, of group: Int) {
        if groups[group].isAtLevel {
            flowsAtLevel += flows
        } else {
            flowsBelowLevel += flows
            // Starting from an exact zero keeps rounding errors from piling up over a run.
            rateBelowLevel = flowsBelowLevel == 0 ? 0 : rateBelowLevel + groups[group].share * Double(flows)
        }
    }

    /// Moves groups across the level until every group below has a share of at most the level, and every
    /// group at it a greater one.
    ///
    /// Both steps can only raise the level, so the second does not undo the first.
    private mutating func rebalance() {
        while let (group, share) = sharesBelowLevel.last(liveStamps: shareStamps), isTooHigh(share) {
            move(group, atLevel: true)
        }
        while let (group, share) = sharesAtLevel.first(liveStamps: shareStamps), share <= level {
            move(group, atLevel: false)
        }
    }

    /// Whether flows of this share, the greatest below the level, are held back by the trunk.
    private func isTooHigh(_ share: Double) -> Bool {
        flowsAtLevel > 0 ? share > level : rateBelowLevel > capacity
    }

    private mutating func move(_ group: Int, atLevel: Bool) {
        count(flows: -groups[group].flowCount, of: group)
        groups[group].setAtLevel(atLevel, seconds: seconds, levelService: levelService)
        count(flows: groups[group].flowCount, of: group)
        announceShare(of: group)
        announceCompletion(of: group)
    }

    /// Puts the group among the shares of its side; its former entry becomes a tombstone.
    private mutating func announceShare(of group: Int) {
        lastStamp += 1
        shareStamps[group] = lastStamp
        let share = groups[group].share
        if groups[group].isAtLevel {
            sharesAtLevel.insert(group: group, key: share, liveStamps: shareStamps)
        } else {
            sharesBelowLevel.insert(group: group, key: share, liveStamps: shareStamps)
        }
    }

    /// Puts the group's next completion among those of its side; its former entry becomes a tombstone.
    private mutating func announceCompletion(of group: Int) {
        guard let first = groups[group].targets.min else { preconditionFailure("an empty group") }
        lastStamp += 1
        completionStamps[group] = lastStamp
        let key = groups[group].completionKey(target: first.service)
        if groups[group].isAtLevel {
            completionsAtLevel.insert(group: group, key: key, liveStamps: completionStamps)
        } else {
            completionsBelowLevel.insert(group: group, key: key, liveStamps: completionStamps)
        }
    }
}
