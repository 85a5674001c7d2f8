/// Whose images those of a set are: writers, users, devices, by the names that the data gives them.
public struct ImageOwners: Sendable, Hashable {
    /// The index of an image that nobody owns.
    public static let nobody: Int32 = -1
    /// The most bytes of a name.
    static let longestName = 200

    /// All owners of the data set, of its training and its test images, each once, in the order of
    /// `DataFiles.numbered(_:)`: it depends neither on files nor on their order.
    public let names: [String]
    /// Owner of each image, `[N]`, an index into `names` or `nobody`.
    public let indices: [Int32]

    /// Makes owners from their parts.
    ///
    /// - Precondition: every index is `nobody` or that of a name.
    public init(names: [String], indices: [Int32]) {
        precondition(
            indices.allSatisfy { $0 == Self.nobody || names.indices.contains(Int($0)) },
            "an owner without a name")
        self.names = names
        self.indices = indices
    }

    /// How many images each owner has, `[names]`.
    public var counts: [Int] {
        var counts = [Int](repeating: 0, count: names.count)
        for owner in indices where owner != Self.nobody { counts[Int(owner)] += 1 }
        return counts
    }

    /// The owners of some of the images.
    func subset(_ images: [Int]) -> ImageOwners {
        ImageOwners(names: names, indices: images.map { indices[$0] })
    }
}

extension String {
    /// Whether it can be the name of an owner of images.
    var isOwnerName: Bool { isOneLine && utf8.count <= ImageOwners.longestName }
}
