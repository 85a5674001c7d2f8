/// The level of a trunk: which groups it holds back, and when their next flows complete.
extension FluidTrunk {
    /// Notes that flows joined or left a group on its side of the level.
    mutating func count(flows: Int, of group: Int32) {
        if groups[Int(group)].isAtLevel {
            flowsAtLevel += flows
            weightAtLevel =
                flowsAtLevel == 0 ? 0 : weightAtLevel + Double(groups[Int(group)].weight) * Double(flows)
        } else {
            flowsBelowLevel += flows
            // Starting from an exact zero keeps rounding errors from piling up over a run.
            rateBelowLevel =
                flowsBelowLevel == 0 ? 0 : rateBelowLevel + groups[Int(group)].share * Double(flows)
        }
    }

    /// Moves groups across the level until every group below has a threshold of at most the level, and
    /// every group at it a greater one.
    ///
    /// Both steps can only raise the level, so the second does not undo the first.
    mutating func rebalance() {
        while let greatest = thresholdsBelowLevel.first, isTooHigh(greatest.descendingKey) {
            let isStale = isStale(greatest.item, greatest.descendingKey, atLevel: false)
            unlistFirst(
                atLevel: false, isOfGroup: groups[Int(greatest.item)].threshold == greatest.descendingKey)
            if !isStale { move(greatest.item, atLevel: true) }
        }
        while let least = thresholdsAtLevel.first, least.key <= level {
            let isStale = isStale(least.item, least.key, atLevel: true)
            unlistFirst(atLevel: true, isOfGroup: groups[Int(least.item)].threshold == least.key)
            if !isStale { move(least.item, atLevel: false) }
        }
    }

    /// Whether flows of this threshold, the greatest below the level, are held back by the trunk.
    private func isTooHigh(_ threshold: Double) -> Bool {
        flowsAtLevel > 0 ? threshold > level : rateBelowLevel > capacity
    }

    /// Whether a group is not, or no longer, on the side where its threshold is listed.
    private func isStale(_ group: Int32, _ threshold: Double, atLevel: Bool) -> Bool {
        let record = groups[Int(group)]
        return record.flowCount == 0 || record.isAtLevel != atLevel || record.threshold != threshold
    }

    /// Takes the first entry from the thresholds of a side.
    private mutating func unlistFirst(atLevel: Bool, isOfGroup: Bool) {
        if atLevel {
            if isOfGroup, let entry = thresholdsAtLevel.first { groups[Int(entry.item)].isListedAt = false }
            thresholdsAtLevel.removeFirst()
            thresholdsAtLevel.forEachRunnerUp { groups.prefetch(Int($0.item)) }
        } else {
            if isOfGroup, let entry = thresholdsBelowLevel.first {
                groups[Int(entry.item)].isListedBelow = false
            }
            thresholdsBelowLevel.removeFirst()
        }
    }

    /// Takes a group to the other side of the level.
    private mutating func move(_ group: Int32, atLevel: Bool) {
        let index = Int(group)
        let flows = Int(groups[index].flowCount)
        count(flows: -flows, of: group)
        groups[index].setAtLevel(atLevel, seconds: seconds, levelService: levelService)
        count(flows: flows, of: group)
        enterSide(group)
    }

    /// Puts a group among the thresholds and the completions of its side.
    mutating func enterSide(_ group: Int32) {
        let index = Int(group)
        if groups[index].isAtLevel {
            if !groups[index].isListedAt {
                groups[index].isListedAt = true
                thresholdsAtLevel.insert(.init(key: groups[index].threshold, tie: 0, item: group))
            }
        } else if !groups[index].isListedBelow {
            groups[index].isListedBelow = true
            thresholdsBelowLevel.insert(.init(descendingKey: groups[index].threshold, item: group))
        }
        announceCompletion(of: group)
    }

    /// Puts the group's next completion among those of its side; what was there before becomes stale.
    mutating func announceCompletion(of group: Int32) {
        let record = groups[Int(group)]
        let entry = LazyHeap.Entry(key: record.completionKey, tie: record.first.number, item: group)
        if record.isAtLevel {
            completionsAtLevel.insert(entry)
            if completionsAtLevel.count > 2 * flowsAtLevel + 64 {
                completionsAtLevel = current(completionsAtLevel, atLevel: true)
            }
        } else {
            completionsBelowLevel.insert(entry)
            if completionsBelowLevel.count > 2 * flowsBelowLevel + 64 {
                completionsBelowLevel = current(completionsBelowLevel, atLevel: false)
            }
        }
    }
}

// MARK: - What is stale

extension FluidTrunk {
    /// The completions that are not stale, each once: a flow that waits and is asked about repeatedly has
    /// the same one each time.
    private func current(_ completions: LazyHeap, atLevel: Bool) -> LazyHeap {
        var isKnown = [Bool](repeating: false, count: groups.count)
        return completions.filtered { entry in
            guard isCompletion(entry, atLevel: atLevel), !isKnown[Int(entry.item)] else { return false }
            isKnown[Int(entry.item)] = true
            return true
        }
    }

    /// The completion that comes first on a side.
    ///
    /// - Complexity: O(1), and O(log *n*) for each stale entry on the way.
    mutating func firstCompletion(atLevel: Bool) -> LazyHeap.Entry? {
        while let entry = atLevel ? completionsAtLevel.first : completionsBelowLevel.first {
            if isCompletion(entry, atLevel: atLevel) { return entry }
            if atLevel {
                completionsAtLevel.removeFirst()
                completionsAtLevel.forEachRunnerUp { groups.prefetch(Int($0.item)) }
            } else {
                completionsBelowLevel.removeFirst()
                completionsBelowLevel.forEachRunnerUp { groups.prefetch(Int($0.item)) }
            }
        }
        return nil
    }

    /// Whether an entry is what its group would announce now.
    private func isCompletion(_ entry: LazyHeap.Entry, atLevel: Bool) -> Bool {
        let group = groups[Int(entry.item)]
        return group.flowCount > 0 && group.isAtLevel == atLevel && group.first.number == entry.tie
            && group.completionKey == entry.key
    }

    /// Drops the shares of groups that have been discarded.
    mutating func dropStaleShares() {
        thresholdsAtLevel = thresholdsAtLevel.filtered { groups[Int($0.item)].threshold == $0.key }
        thresholdsBelowLevel = thresholdsBelowLevel.filtered {
            groups[Int($0.item)].threshold == $0.descendingKey
        }
    }
}
