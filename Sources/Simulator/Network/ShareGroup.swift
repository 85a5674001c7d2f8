import HeapModule

/// A flow's entry among the flows of its group, by the service at which it completes.
struct FlowTarget: Comparable, Sendable {
    /// Service of the group, in bytes per flow, at which the flow's last byte is through.
    let service: Double
    /// Number of the flow: ties go to the one that was announced first.
    let number: Int
    /// Where the trunk keeps the flow.
    let slot: Int

    static func < (left: FlowTarget, right: FlowTarget) -> Bool {
        left.service != right.service ? left.service < right.service : left.number < right.number
    }
}

/// The flows of one trunk that have the same own limit, and therefore always the same rate.
///
/// Since all its flows advance alike, one counter serves them all: the *attained service*, bytes per flow
/// since the group came to be. A flow that joins at service *s* with *b* bytes to go completes at *s + b*.
struct ShareGroup: Sendable {
    /// Own limit of each flow in bytes/s: the capacity of its client's link over the flows on that link.
    let share: Double
    /// Flows in the group.
    var flowCount = 0
    /// Flows by completion; entries of flows that have left are tombstones.
    var targets = Heap<FlowTarget>()
    /// Whether the trunk's level, not the own limit, is the rate.
    private(set) var isAtLevel = true
    /// Service in bytes per flow at the mark.
    private var serviceAtMark = 0.0
    /// Where the service was noted: on the trunk's level service when `isAtLevel`, else in seconds.
    private var mark: Double

    /// Makes an empty group at the level.
    init(share: Double, levelService: Double) {
        self.share = share
        mark = levelService
    }

    /// Bytes per flow served until the instant that is `seconds` and the trunk's `levelService`.
    func service(seconds: Double, levelService: Double) -> Double {
        isAtLevel ? serviceAtMark + (levelService - mark) : serviceAtMark + share * (seconds - mark)
    }

    /// Moves the group to the other side of the level, its service unchanged.
    mutating func setAtLevel(_ atLevel: Bool, seconds: Double, levelService: Double) {
        serviceAtMark = service(seconds: seconds, levelService: levelService)
        isAtLevel = atLevel
        mark = atLevel ? levelService : seconds
    }

    /// Where the group's service reaches `target`: a level service when `isAtLevel`, else seconds.
    func completionKey(target: Double) -> Double {
        isAtLevel ? mark + (target - serviceAtMark) : mark + (target - serviceAtMark) / share
    }
}
