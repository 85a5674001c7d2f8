/// One direction of a star: leaf links, one per client, that meet in the trunk, the server's link.
///
/// Rates are max-min fair (Bertsekas and Gallager, *Data Networks*, section 6.5.2), with weights: every
/// flow runs at the lesser of its own limit and its weight times the *level*. The own limit is the leaf's
/// capacity over the flows on that leaf, or what the transport allows one flow. The level is the same for
/// all, and such that the trunk is full or no flow is limited by it. Flows on one leaf have one weight.
///
/// Flows with the same own limit and weight form a ``ShareGroup``. Groups below the level complete at
/// instants that do not move; groups at the level complete at values of the *level service*, the integral of
/// the level over time, which do not move either. So an arrival or a departure touches its own group and the
/// groups that the level passes, and nothing else. All of it is plain records in a few arrays, by slot and
/// by group: no flow has an object or a buffer of its own.
///
/// - Complexity: O(log *n*) per arrival, departure and passed group, where a leaf carries one flow; a flow
///   that joins *k* others on its leaf moves them all: O(*k* log *n*).
struct FluidTrunk: Sendable {
    /// Capacity of the trunk in bytes/s.
    let capacity: Double
    /// The trunk's own time, in seconds: that of the star without the time in which the trunk was down.
    private(set) var seconds = 0.0
    /// What the star's time is ahead of ``seconds``.
    private var secondsDown = 0.0
    private(set) var isDown = false

    /// A flow; on its leaf it is a member of a list.
    struct Flow: BitwiseCopyable, Sendable {
        var bytes: Int
        /// Service of its group at which the last byte is through; bytes to go while it is held.
        var target = -1.0
        let number: UInt32
        let leaf: Int32
        /// -1 while it is held because its leaf is down, and when it has left.
        var group: Int32 = -1
        var nextOnLeaf: Int32 = -1
        var previousOnLeaf: Int32 = -1
    }

    private var leaves: LeafTable
    private var flows = AlignedArray<Flow>()
    private var freeSlots: [Int32] = []

    var groups = AlignedArray<ShareGroup>()
    /// The flows of groups but their first, for groups that have had several.
    private var heaps: [LazyHeap] = []
    private var freeHeaps: [Int32] = []
    /// Groups by share. Empty groups stay, for the next flow of that share.
    private var cache = ShareCache()
    private var emptyGroupCount = 0
    private var freeGroups: [Int32] = []

    // Each group that is not empty is in one of each pair. What is stale there is dropped once it comes
    // first.
    var thresholdsBelowLevel = LazyHeap()
    var thresholdsAtLevel = LazyHeap()
    var completionsBelowLevel = LazyHeap()
    var completionsAtLevel = LazyHeap()

    /// Sum of the rates of flows below the level, in bytes/s.
    var rateBelowLevel = 0.0
    var flowsBelowLevel = 0
    var flowsAtLevel = 0
    /// Sum of the weights of flows at the level.
    var weightAtLevel = 0.0
    /// Bytes that a flow always at the level would have got.
    private(set) var levelService = 0.0

    init(capacity: Double, leafCount: Int) {
        self.capacity = capacity
        leaves = LeafTable(count: leafCount)
    }

    /// The rate of flows of weight 1 that the trunk holds back, in bytes/s.
    var level: Double {
        flowsAtLevel > 0 ? (capacity - rateBelowLevel) / weightAtLevel : .infinity
    }

    /// Entries moved within the heaps so far.
    var moveCount: Int {
        heaps.reduce(
            thresholdsBelowLevel.moveCount + thresholdsAtLevel.moveCount + completionsBelowLevel.moveCount
                + completionsAtLevel.moveCount
        ) { $0 + $1.moveCount }
    }

    /// Leaves for which memory has been taken.
    var madeLeafCount: Int { leaves.madeCount }
}

// MARK: - Arrivals, departures, time

extension FluidTrunk {
    /// Adds a flow that drains from now on, and returns its slot.
    ///
    /// - Parameters:
    ///   - rates: what the leaf gives, asked for when the leaf is first used.
    ///   - isDown: whether the leaf is down.
    mutating func add(
        number: Int, bytes: Int, leaf: Int32, rates: @autoclosure () -> LeafRates, isDown: Bool = false
    ) -> Int32 {
        leaves.prepare(leaf, rates: rates())
        if isDown { leaves[leaf].isDown = true }
        let slot = makeSlot(Flow(bytes: bytes, number: UInt32(number), leaf: leaf))
        let others = leaves[leaf].firstSlot
        leaves[leaf].flowCount += 1
        let share = leaves[leaf].share
        place(slot, bytes: Double(bytes), share: share)
        shareAgain(others, share: share)
        link(slot, before: others)
        rebalance()
        return slot
    }

    /// Removes a flow.
    ///
    /// - Returns: its size, and the bytes it had still to deliver, at least 0.
    mutating func remove(slot: Int32) -> (bytes: Int, remaining: Double) {
        let remaining = withdraw(slot)
        let leaf = flows[Int(slot)].leaf
        unlink(slot)
        freeSlots.append(slot)
        leaves[leaf].flowCount -= 1
        if leaves[leaf].flowCount > 0 {
            shareAgain(leaves[leaf].firstSlot, share: leaves[leaf].share)
        }
        rebalance()
        // Starting again from zero keeps the full precision of `Double` over a long run.
        if flowsAtLevel + flowsBelowLevel == 0 {
            levelService = 0
            completionsAtLevel.removeAll()
            completionsBelowLevel.removeAll()
        }
        announceReads(of: completionsAtLevel)
        announceReads(of: completionsBelowLevel)
        return (flows[Int(slot)].bytes, remaining)
    }

    /// Announces to the processor what the next completion reads, and the groups of those after it.
    private func announceReads(of completions: LazyHeap) {
        guard let entry = completions.first else { return }
        let first = groups[Int(entry.item)].first
        flows.prefetch(Int(first.slot))
        leaves.prefetch(first.leaf)
        completions.forEachRunnerUp { groups.prefetch(Int($0.item)) }
    }

    /// Takes the link of a leaf down, or up again. Flows keep what they have delivered.
    ///
    /// - Complexity: O(log *n*) for each flow on the leaf.
    mutating func setLeaf(_ leaf: Int32, isUp: Bool) {
        guard leaves.isMade(leaf), leaves[leaf].isDown == isUp else { return }
        leaves[leaf].isDown = !isUp
        guard leaves[leaf].flowCount > 0 else { return }
        shareAgain(leaves[leaf].firstSlot, share: leaves[leaf].share)
        rebalance()
    }

    /// Gives a leaf other rates. Flows keep what they have delivered.
    ///
    /// - Complexity: O(log *n*) for each flow on the leaf.
    mutating func setLeaf(_ leaf: Int32, rates: LeafRates) {
        leaves.prepare(leaf, rates: rates)
        guard leaves[leaf].rates != rates else { return }
        leaves[leaf].rates = rates
        leaves[leaf].soleGroup = -1
        guard leaves[leaf].flowCount > 0 else { return }
        shareAgain(leaves[leaf].firstSlot, share: leaves[leaf].share)
        rebalance()
    }

    /// Gives a flow more bytes to deliver.
    mutating func extend(slot: Int32, by bytes: Int) {
        let remaining = withdraw(slot)
        flows[Int(slot)].bytes += bytes
        place(slot, bytes: remaining + Double(bytes), share: leaves[flows[Int(slot)].leaf].share)
        rebalance()
    }

    /// Takes the trunk itself down, or up again, at a time of the star.
    mutating func setIsUp(_ isUp: Bool, at starSeconds: Double) {
        guard isDown == isUp else { return }
        if isUp { secondsDown = starSeconds - seconds } else { advance(to: starSeconds) }
        isDown = !isUp
    }

    /// The next completion: its time in seconds of the star, not before the present, and the number of its
    /// flow.
    ///
    /// - Complexity: O(1).
    mutating func nextCompletion() -> (seconds: Double, number: Int, slot: Int32)? {
        guard !isDown, let next = nextCompletionOfTrunk() else { return nil }
        return (next.seconds + secondsDown, next.number, groups[Int(next.group)].first.slot)
    }

    /// As above, in the trunk's own time.
    private mutating func nextCompletionOfTrunk() -> (seconds: Double, number: Int, group: Int32)? {
        // The tie of a group is the number of its first flow.
        var next: (seconds: Double, number: Int, group: Int32)?
        if let first = firstCompletion(atLevel: false) {
            next = (max(seconds, first.key), Int(first.tie), first.item)
        }
        if let first = firstCompletion(atLevel: true) {
            let time = seconds + max(0, first.key - levelService) / level
            if time < next?.seconds ?? .infinity { next = (time, Int(first.tie), first.item) }
        }
        return next
    }

    /// Lets time pass. No flow may complete before `starSeconds`.
    mutating func advance(to starSeconds: Double) {
        guard !isDown else { return }
        // By rounding the difference can be a hair before the present.
        let seconds = secondsDown == 0 ? starSeconds : max(self.seconds, starSeconds - secondsDown)
        precondition(seconds >= self.seconds, "time goes back from \(self.seconds) s to \(seconds) s")
        if flowsAtLevel > 0 { levelService += level * (seconds - self.seconds) }
        self.seconds = seconds
    }

    /// Bytes by which rounding may miss the end of a flow that completes now: of the flow's own size and
    /// service, and of what passes in the smallest difference between two times.
    func rounding(slot: Int32) -> Double {
        let target = max(0, flows[Int(slot)].target)
        let tick = max(seconds, seconds + secondsDown).ulp
        return 1 + 1e-9 * (Double(flows[Int(slot)].bytes) + target + levelService) + 8 * rate(slot: slot)
            * tick
    }

    /// The present rate of a flow in bytes/s.
    func rate(slot: Int32) -> Double {
        let index = flows[Int(slot)].group
        guard index >= 0, !isDown else { return 0 }
        let group = groups[Int(index)]
        return group.isAtLevel ? level * Double(group.weight) : group.share
    }
}

// MARK: - Slots and leaves

extension FluidTrunk {
    private mutating func makeSlot(_ flow: Flow) -> Int32 {
        if let slot = freeSlots.popLast() {
            flows[Int(slot)] = flow
            return slot
        }
        flows.append(flow)
        return Int32(flows.count - 1)
    }

    /// Puts a flow at the head of the list of its leaf.
    private mutating func link(_ slot: Int32, before next: Int32) {
        flows[Int(slot)].nextOnLeaf = next
        if next >= 0 { flows[Int(next)].previousOnLeaf = slot }
        leaves[flows[Int(slot)].leaf].firstSlot = slot
    }

    private mutating func unlink(_ slot: Int32) {
        let flow = flows[Int(slot)]
        if flow.previousOnLeaf >= 0 {
            flows[Int(flow.previousOnLeaf)].nextOnLeaf = flow.nextOnLeaf
        } else {
            leaves[flow.leaf].firstSlot = flow.nextOnLeaf
        }
        if flow.nextOnLeaf >= 0 { flows[Int(flow.nextOnLeaf)].previousOnLeaf = flow.previousOnLeaf }
    }

    /// Gives the flows of a list a new equal share of their leaf.
    private mutating func shareAgain(_ first: Int32, share: Double) {
        var slot = first
        while slot >= 0 {
            let remaining = withdraw(slot)
            place(slot, bytes: remaining, share: share)
            slot = flows[Int(slot)].nextOnLeaf
        }
    }
}

// MARK: - Groups

extension FluidTrunk {
    /// Puts a flow into the group of its share.
    private mutating func place(_ slot: Int32, bytes: Double, share: Double) {
        let flow = flows[Int(slot)]
        if leaves[flow.leaf].isHeld {
            flows[Int(slot)].target = bytes
            return
        }
        let group = groupIndex(share: share, leaf: flow.leaf)
        flows[Int(slot)].group = group
        let index = Int(group)
        let isRevived = groups[index].flowCount == 0
        if isRevived {
            emptyGroupCount -= 1
            // The side on which the flow itself will find it, so that it rarely has to change at once.
            let levelWithIt =
                (capacity - rateBelowLevel) / (weightAtLevel + Double(groups[index].weight))
            groups[index].restart(
                atLevel: groups[index].threshold > levelWithIt, seconds: seconds, levelService: levelService)
        }
        groups[index].flowCount += 1
        count(flows: 1, of: group)
        let target = FlowTarget(
            service: groups[index].service(seconds: seconds, levelService: levelService) + bytes,
            number: flow.number, slot: slot, leaf: flow.leaf)
        flows[Int(slot)].target = target.service
        if isRevived {
            groups[index].first = target
            enterSide(group)
        } else if target < groups[index].first {
            insertTarget(groups[index].first, of: index)
            groups[index].first = target
            announceCompletion(of: group)
        } else {
            insertTarget(target, of: index)
        }
    }

    /// Takes a flow out of its group and returns its remaining bytes.
    private mutating func withdraw(_ slot: Int32) -> Double {
        let group = flows[Int(slot)].group
        let target = flows[Int(slot)].target
        flows[Int(slot)].target = -1
        guard group >= 0 else {
            precondition(target >= 0, "no flow in slot \(slot)")
            return target
        }
        let index = Int(group)
        let served = groups[index].service(seconds: seconds, levelService: levelService)
        flows[Int(slot)].group = -1
        groups[index].flowCount -= 1
        count(flows: -1, of: group)
        if groups[index].flowCount == 0 {
            emptyGroupCount += 1
            if groups[index].heap >= 0 { heaps[Int(groups[index].heap)].removeAll() }
        } else if groups[index].first.slot == slot {
            groups[index].first = removeFirstTarget(of: index)
            announceCompletion(of: group)
        }
        return max(0, target - served)
    }

    /// Adds a flow to those of a group that come after its first.
    private mutating func insertTarget(_ target: FlowTarget, of group: Int) {
        if groups[group].heap < 0 {
            groups[group].heap = freeHeaps.popLast() ?? Int32(heaps.count)
            if Int(groups[group].heap) == heaps.count { heaps.append(LazyHeap()) }
        }
        let heap = Int(groups[group].heap)
        heaps[heap].insert(.init(key: target.service, tie: target.number, item: target.slot))
        if heaps[heap].count > 2 * Int(groups[group].flowCount) + 64 {
            heaps[heap] = heaps[heap].filtered { isTarget($0, of: Int32(group)) }
        }
    }

    /// Takes the flow of a group that comes after its first.
    private mutating func removeFirstTarget(of group: Int) -> FlowTarget {
        let heap = Int(groups[group].heap)
        while let entry = heaps[heap].first {
            heaps[heap].removeFirst()
            heaps[heap].forEachRunnerUp { flows.prefetch(Int($0.item)) }
            if isTarget(entry, of: Int32(group)) {
                return FlowTarget(
                    service: entry.key, number: entry.tie, slot: entry.item,
                    leaf: flows[Int(entry.item)].leaf)
            }
        }
        preconditionFailure("a group of \(groups[group].flowCount) flows has no second one")
    }

    /// Whether an entry tells of a flow that is still in the group, with that target.
    private func isTarget(_ entry: LazyHeap.Entry, of group: Int32) -> Bool {
        let slot = Int(entry.item)
        return flows[slot].group == group && flows[slot].number == entry.tie
            && flows[slot].target == entry.key && groups[Int(group)].first.slot != entry.item
    }

    /// The group of a share and the weight of a leaf, made if none is known.
    private mutating func groupIndex(share: Double, leaf: Int32) -> Int32 {
        let hint = leaves[leaf].soleGroup, weight = leaves[leaf].rates.weight
        if hint >= 0, isGroup(hint, of: share, weight) { return hint }
        if freeGroups.isEmpty, emptyGroupCount > groups.count / 2 + 64 { discardEmptyGroups() }
        let known = cache.group(of: share)
        let group: Int32
        if known >= 0, isGroup(known, of: share, weight) {
            group = known
        } else {
            group = makeGroup(share: share, weight: weight)
            cache.note(group, of: share)
        }
        if leaves[leaf].flowCount == 1 { leaves[leaf].soleGroup = group }
        return group
    }

    private func isGroup(_ group: Int32, of share: Double, _ weight: Float) -> Bool {
        groups[Int(group)].share == share && groups[Int(group)].weight == weight
    }

    private mutating func makeGroup(share: Double, weight: Float) -> Int32 {
        emptyGroupCount += 1
        if let group = freeGroups.popLast() {
            groups[Int(group)] = ShareGroup(share: share, weight: weight)
            return group
        }
        groups.append(ShareGroup(share: share, weight: weight))
        return Int32(groups.count - 1)
    }

    /// Forgets the shares of empty groups.
    ///
    /// - Complexity: O(*n*), amortized over the groups that were made.
    private mutating func discardEmptyGroups() {
        for index in 0..<groups.count {
            let group = groups[index]
            guard group.flowCount == 0, group.share > 0 else { continue }
            if group.heap >= 0 { freeHeaps.append(group.heap) }
            // No leaf has a share of 0, so no hint leads here.
            groups[index] = ShareGroup(share: 0, weight: 1)
            freeGroups.append(Int32(index))
        }
        emptyGroupCount = 0
        dropStaleShares()
    }
}
