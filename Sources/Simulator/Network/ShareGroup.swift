/// A flow among the flows of its group, by the service at which it completes.
struct FlowTarget: BitwiseCopyable, Sendable {
    /// Service of the group, in bytes per flow, at which the flow's last byte is through.
    let service: Double
    /// Number of the flow: ties go to the one that was announced first.
    let number: UInt32
    /// Where the trunk keeps the flow.
    let slot: Int32
    /// The flow's leaf.
    let leaf: Int32

    static func < (left: FlowTarget, right: FlowTarget) -> Bool {
        left.service != right.service ? left.service < right.service : left.number < right.number
    }
}

/// The flows of one trunk that have the same own limit and weight, and therefore always the same rate.
/// 64 bytes, a cache line.
///
/// Since all its flows advance alike, one counter serves them all: the *attained service*, bytes per flow
/// since the group came to be. A flow that joins at service *s* with *b* bytes to go completes at *s + b*.
///
/// The flow that completes first stands in the group itself, the others in a heap beside it: with clients
/// that all differ, each group is one flow, and there is no heap.
struct ShareGroup: BitwiseCopyable, Sendable {
    /// Own limit of each flow in bytes/s: the capacity of its client's link over the flows on that link, or
    /// what the transport allows one flow.
    let share: Double
    /// What each flow gets of the trunk, as a multiple of the level. `Float`, so that a group fits a cache
    /// line: the level and the rates are both computed from the rounded weight.
    let weight: Float
    /// The flow that completes first, of no meaning while the group is empty.
    var first = FlowTarget(service: 0, number: 0, slot: -1, leaf: 0)
    /// Flows in the group.
    var flowCount: Int32 = 0
    /// Where the trunk keeps the flows but the first; -1 where there never were any.
    var heap: Int32 = -1
    /// Whether an entry of it is among the shares of a side; at least one is where the group is not empty.
    var isListedBelow = false
    var isListedAt = false
    /// Whether the trunk's level, not the own limit, is the rate.
    private(set) var isAtLevel = true
    /// Service in bytes per flow at the mark.
    private var serviceAtMark = 0.0
    /// Where the service was noted: on the trunk's level service when `isAtLevel`, else in seconds.
    private var mark = 0.0

    /// Makes an empty group.
    init(share: Double, weight: Float) {
        self.share = share
        self.weight = weight
    }

    /// The level up to which the own limit, not the trunk, is the rate.
    var threshold: Double { share / Double(weight) }

    /// Bytes per flow served until the instant that is `seconds` and the trunk's `levelService`.
    func service(seconds: Double, levelService: Double) -> Double {
        isAtLevel
            ? serviceAtMark + Double(weight) * (levelService - mark)
            : serviceAtMark + share * (seconds - mark)
    }

    /// Begins again from service 0, on one side of the level.
    mutating func restart(atLevel: Bool, seconds: Double, levelService: Double) {
        serviceAtMark = 0
        isAtLevel = atLevel
        mark = atLevel ? levelService : seconds
    }

    /// Moves the group to the other side of the level, its service unchanged.
    mutating func setAtLevel(_ atLevel: Bool, seconds: Double, levelService: Double) {
        serviceAtMark = service(seconds: seconds, levelService: levelService)
        isAtLevel = atLevel
        mark = atLevel ? levelService : seconds
    }

    /// Where the group's service reaches that of its first flow: a level service when `isAtLevel`, else
    /// seconds.
    var completionKey: Double {
        // By rounding the mark can be a hair beyond the target.
        let service = max(0, first.service - serviceAtMark)
        return isAtLevel ? mark + service / Double(weight) : mark + service / share
    }
}
