import RunLog

/// A piece of work as the simulation asks for it: where it is done, and what it costs on the virtual clock.
struct WorkOrder: Sendable {
    /// What the log calls it.
    let kind: WorkKind
    /// 1-based round; 0 outside rounds.
    let round: Int
    /// The client that does it; `nil` for the server.
    let client: Int?
    /// Names the work by everything that its result depends on.
    let key: WorkKey
    /// Floating-point operations, from which the virtual duration follows.
    var flops: Double
    /// How often it evaluates on the test images on its way.
    var evaluations = 0
    /// Whether other runs of the experiment may ask for the same work, which is then done once.
    var isShared = false
    /// Whether its result may become the global model.
    var makesModel = false
    /// The bytes that the work reads. They stay until its result is in the log: a run that is resumed before
    /// that does the work again.
    var inputs: [StoredBytes] = []

    /// When and where in the run it is done.
    var occasion: WorkOccasion { WorkOccasion(kind: kind, round: round, client: client) }
}
