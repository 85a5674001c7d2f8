/// The level of a trunk: which groups it holds back, and when their next flows complete.
extension FluidTrunk {
    /// Notes that flows joined or left a group on its side of the level.
    mutating func count(flows: Int, of group: Int32) {
        if groups[Int(group)].isAtLevel {
            flowsAtLevel += flows
        } else {
            flowsBelowLevel += flows
            // Starting from an exact zero keeps rounding errors from piling up over a run.
            rateBelowLevel =
                flowsBelowLevel == 0 ? 0 : rateBelowLevel + groups[Int(group)].share * Double(flows)
        }
    }

    /// Moves groups across the level until every group below has a share of at most the level, and every
    /// group at it a greater one.
    ///
    /// Both steps can only raise the level, so the second does not undo the first.
    mutating func rebalance() {
        while let greatest = sharesBelowLevel.first, isTooHigh(greatest.descendingKey) {
            move(greatest.item, atLevel: true)
        }
        while let least = sharesAtLevel.first, least.key <= level {
            move(least.item, atLevel: false)
        }
    }

    /// Whether flows of this share, the greatest below the level, are held back by the trunk.
    private func isTooHigh(_ share: Double) -> Bool {
        flowsAtLevel > 0 ? share > level : rateBelowLevel > capacity
    }

    private mutating func move(_ group: Int32, atLevel: Bool) {
        leaveSide(group)
        let flows = Int(groups[Int(group)].flowCount)
        count(flows: -flows, of: group)
        groups[Int(group)].setAtLevel(atLevel, seconds: seconds, levelService: levelService)
        count(flows: flows, of: group)
        enterSide(group)
    }

    /// Puts a group among the shares and the completions of its side.
    mutating func enterSide(_ group: Int32) {
        let record = groups[Int(group)]
        let completion = completionEntry(of: group)
        if record.isAtLevel {
            sharesAtLevel.insert(.init(key: record.share, tie: 0, item: group), positions: &sharePositions)
            completionsAtLevel.insert(completion, positions: &completionPositions)
        } else {
            sharesBelowLevel.insert(
                .init(descendingKey: record.share, item: group), positions: &sharePositions)
            completionsBelowLevel.insert(completion, positions: &completionPositions)
        }
    }

    /// Takes a group from the shares and the completions of its side.
    mutating func leaveSide(_ group: Int32) {
        let share = sharePositions[Int(group)], completion = completionPositions[Int(group)]
        if groups[Int(group)].isAtLevel {
            sharesAtLevel.remove(at: share, positions: &sharePositions)
            completionsAtLevel.remove(at: completion, positions: &completionPositions)
        } else {
            sharesBelowLevel.remove(at: share, positions: &sharePositions)
            completionsBelowLevel.remove(at: completion, positions: &completionPositions)
        }
    }

    /// Puts the group's next completion in its place after its first flow has changed.
    mutating func announceCompletion(of group: Int32) {
        let position = completionPositions[Int(group)]
        let entry = completionEntry(of: group)
        if groups[Int(group)].isAtLevel {
            completionsAtLevel.replace(at: position, by: entry, positions: &completionPositions)
        } else {
            completionsBelowLevel.replace(at: position, by: entry, positions: &completionPositions)
        }
    }

    private func completionEntry(of group: Int32) -> IndexedHeap.Entry {
        let record = groups[Int(group)]
        return .init(key: record.completionKey, tie: record.first.number, item: group)
    }
}
