import CPrefetch

/// What a client's link in one direction gives the flows on it.
struct LeafRates: BitwiseCopyable, Sendable, Equatable {
    /// What all flows on the leaf may have together, in bytes/s; 0 while nothing passes.
    var capacity: Double
    /// What one flow may have, in bytes/s.
    var flowLimit = Double.infinity
    /// What each flow gets where the trunk is shared, as a multiple of the others' weights.
    var weight: Float = 1
}

/// The leaf links of a trunk by client, made in pages when a client is first used.
///
/// So a star with a million registered clients holds those near clients that ever sent something, and
/// finds a client without hashing.
struct LeafTable: Sendable {
    /// A client's link in one direction, and the flows on it as a list through the trunk's slots.
    struct Leaf: BitwiseCopyable, Sendable {
        var rates = LeafRates(capacity: 0)
        var firstSlot: Int32 = -1
        var flowCount: Int32 = 0
        /// The group that a flow alone on the leaf was in the last time: a hint.
        var soleGroup: Int32 = -1
        /// Whether nothing passes for the time being.
        var isDown = false
        /// Whether the leaf has been used.
        var isMade = false

        /// The own limit of each flow on the leaf, in bytes/s.
        var share: Double {
            min(rates.capacity / Double(flowCount), rates.flowLimit)
        }

        /// Whether flows on the leaf stand still.
        var isHeld: Bool { isDown || rates.capacity == 0 }
    }

    private static let pageSize = 256
    private var pages: [[Leaf]]

    /// Leaves for which memory has been taken.
    private(set) var madeCount = 0

    /// Makes a table for clients `0..<count`.
    ///
    /// - Complexity: O(`count` / 256).
    init(count: Int) {
        pages = Array(repeating: [], count: (count + Self.pageSize - 1) / Self.pageSize)
    }

    /// The leaf of a client.
    ///
    /// - Complexity: O(1).
    subscript(client: Int32) -> Leaf {
        get { pages[Int(client) / Self.pageSize][Int(client) % Self.pageSize] }
        _modify { yield &pages[Int(client) / Self.pageSize][Int(client) % Self.pageSize] }
    }

    /// Announces to the processor that a leaf will be read soon.
    func prefetch(_ client: Int32) {
        let page = pages[Int(client) / Self.pageSize]
        page.withUnsafeBufferPointer { leaves in
            guard let base = leaves.baseAddress else { return }
            fgl_prefetch(base + Int(client) % Self.pageSize)
        }
    }

    /// Whether the leaf of a client is usable.
    func isMade(_ client: Int32) -> Bool {
        let page = pages[Int(client) / Self.pageSize]
        return !page.isEmpty && page[Int(client) % Self.pageSize].isMade
    }

    /// Makes the leaf of a client usable.
    mutating func prepare(_ client: Int32, rates: @autoclosure () -> LeafRates) {
        let page = Int(client) / Self.pageSize
        if pages[page].isEmpty {
            pages[page] = Array(repeating: Leaf(), count: Self.pageSize)
            madeCount += Self.pageSize
        }
        guard !self[client].isMade else { return }
        self[client].rates = rates()
        self[client].isMade = true
    }
}
