import Core
import Models
import Simulator

/// Which images each client holds.
struct ImageHoldings: Sendable {
    private enum Rule: Sendable {
        /// No image belongs to two clients.
        case dealt(Partition)
        /// Each client draws its images by itself.
        case drawn(ImageDraw)
    }

    private let rule: Rule
    /// Whose images each client holds, where the data says whose they are and clients are their owners.
    let natural: NaturalPartition?

    init(_ partition: Partition) {
        rule = .dealt(partition)
        natural = nil
    }

    init(_ draw: ImageDraw) {
        rule = .drawn(draw)
        natural = nil
    }

    init(_ natural: NaturalPartition) {
        rule = .dealt(natural.partition)
        self.natural = natural
    }

    /// Whether clients draw their images when they are first needed.
    var areDrawn: Bool { if case .drawn = rule { true } else { false } }

    /// Indices of a client's images in the training set, ascending.
    func images(of client: Int) -> [Int] {
        switch rule {
        case .dealt(let partition): partition.clients[client]
        case .drawn(let draw): draw.images(of: client)
        }
    }

    /// A line about clients that make no training step, as they hold no image, or a single one of which batch
    /// norm has no variance; `nil` where there are none.
    ///
    /// - Parameter smallest: the fewest images of which a step is made.
    func untrainable(clients: Int, smallest: Int) -> String? {
        func holdsFew(_ client: Int) -> Bool { sampleCount(of: client) < smallest }
        // Clients that draw their images hold equally many.
        let count = areDrawn ? (holdsFew(0) ? clients : 0) : (0..<clients).count(where: holdsFew)
        guard count > 0 else { return nil }
        let first = (0..<clients).lazy.filter(holdsFew).prefix(5).map(String.init)
        let list = first.joined(separator: ", ") + (count > 5 ? ", …" : "")
        return
            "\(count) of \(clients) clients (\(list)) hold "
            + (smallest == 2
                ? "fewer than two images and make no training step: batch norm has no variance of one image"
                : "no image and make no training step")
    }

    /// How many images a client holds.
    ///
    /// - Complexity: O(1).
    func sampleCount(of client: Int) -> Int {
        switch rule {
        case .dealt(let partition): partition.clients[client].count
        case .drawn(let draw): draw.perClient
        }
    }
}

/// Clients that draw their images from the whole set, from a stream of their own, whoever else holds them.
///
/// What a client holds is a function of (seed, client), so a population of any size costs nothing until a
/// client is used. Label skew is the Dirichlet distribution's, per client instead of per class: Hsu et al.,
/// "Measuring the Effects of Non-Identical Data Distribution for Federated Visual Classification",
/// https://arxiv.org/abs/1909.06335.
struct ImageDraw: Sendable {
    let seed: UInt64
    /// Images of each client.
    let perClient: Int
    private let kind: Scenario.PartitionKind
    private let beta: Double
    private let imageCount: Int
    /// Images by class, or by domain.
    private let groups: [[Int]]

    /// - Throws: `DataError` where there is no image.
    init(_ settings: Scenario.Partition, perClient: Int, seed: UInt64, train: ImageFacts) throws {
        guard train.count > 0 else { throw DataError.tooFewImages(images: 0, clients: 1, minimum: 1) }
        self.seed = seed
        self.perClient = perClient
        kind = settings.kind
        beta = settings.beta
        imageCount = train.count
        let (members, count) =
            kind == .domains
            ? (train.domains, train.domainNames.count) : (train.labels, train.classNames.count)
        var groups = [[Int]](repeating: [], count: count)
        for (image, group) in members.enumerated() { groups[Int(group)].append(image) }
        self.groups = groups.filter { !$0.isEmpty }
    }

    /// Indices of a client's images, ascending; one image may be there twice.
    func images(of client: Int) -> [Int] {
        var stream = RandomStream(seed: seed, entity: client, purpose: "images")
        switch kind {
        case .iid, .pathological, .shards, .quantity, .natural:
            // A scenario with one of the last four has no `per-client`.
            return (0..<perClient).map { _ in stream.index(below: imageCount) }.sorted()
        case .domains:
            let domain = groups[client % groups.count]
            return (0..<perClient).map { _ in domain[stream.index(below: domain.count)] }.sorted()
        case .dirichlet:
            let shares = stream.dirichlet(concentration: beta, count: groups.count)
            return (0..<perClient).map { _ in
                let group = groups[stream.position(in: shares)]
                return group[stream.index(below: group.count)]
            }.sorted()
        }
    }
}

extension RandomStream {
    /// A position drawn with these chances, which add up to 1.
    fileprivate mutating func position(in shares: [Double]) -> Int {
        var rest = uniform()
        for (position, share) in shares.enumerated() {
            if rest < share { return position }
            rest -= share
        }
        return shares.lastIndex { $0 > 0 } ?? 0
    }
}
