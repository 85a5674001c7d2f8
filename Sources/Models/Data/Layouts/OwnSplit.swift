import Core

/// The split of a data set that comes without one: of each class a fraction is drawn for the test set.
///
/// Its seed is a constant, as the built-in world's is: the seeds of a scenario vary who holds which images
/// and how models are trained, not what they are tested on. Every class has a stream of its own, named by
/// domain and class, so that a class more or less changes no other draw.
struct OwnSplit: Hashable {
    /// The fraction where a scenario gives none.
    static let defaultFraction = 0.2
    private static let seed: UInt64 = 1

    /// The fraction of each class that is tested on, above 0 and below 1.
    let fraction: Double

    /// Makes a split; nil takes the default.
    init(fraction: Double?) { self.fraction = fraction ?? Self.defaultFraction }

    /// The images of one class, both parts in the order of `names`, each at least one.
    ///
    /// - Parameters:
    ///   - names: the images, which stand in `path`.
    ///   - stream: what is hashed to the number of the random stream.
    /// - Throws: `DataError.tooFewToSplit`.
    func split(_ names: [String], of path: String, stream: String) throws(DataError) -> (
        train: [String], test: [String]
    ) {
        guard names.count >= 2 else { throw .tooFewToSplit(path: path, images: names.count) }
        let tested = tested(of: names.count, stream: stream)
        return (
            names.indices.filter { !tested.contains($0) }.map { names[$0] },
            tested.sorted().map { names[$0] }
        )
    }

    /// Which of `count` items are tested on: at least one, and not all.
    ///
    /// - Parameter stream: what is hashed to the number of the random stream.
    /// - Precondition: there are two items or more.
    func tested(of count: Int, stream: String) -> Set<Int> {
        let tested = min(max(Int((Double(count) * fraction).rounded()), 1), count - 1)
        let digest = SHA256.hash(data: Array("test-split\n\(stream)".utf8))
        let word = digest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        var generator = RandomStream(seed: Self.seed, stream: word)
        return Set((0..<count).shuffled(using: &generator).prefix(tested))
    }
}
