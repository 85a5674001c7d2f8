/// Natural ids: each client holds the images of one owner, and all of them.
public struct NaturalPartition: Sendable, Hashable {
    /// Which owners become clients where there are more than clients.
    public enum Choice: String, Sendable, Hashable, CaseIterable {
        /// A random choice, in the order of the owners.
        case random
        /// Those with the most images, the largest first; of equal ones, the first in the owners' order.
        case largest
    }

    /// Indices of each client's images.
    public let partition: Partition
    /// The owner of each client's images, an index into `ImageOwners.names`.
    public let owners: [Int]
    /// Owners with fewer images than a client needs, those without training images included.
    public let tooSmall: Int
    /// Owners with enough images who are no clients.
    public let notChosen: Int
    /// Images that no client holds.
    public let unused: Int

    /// Gives each client an owner.
    ///
    /// - Parameters:
    ///   - images: whose the images are.
    ///   - clients: how many there are.
    ///   - minimum: the fewest images of an owner who becomes a client; 1 or more.
    ///   - choice: who becomes one.
    ///   - generator: draws a random choice; not used where as many owners have enough images as there are
    ///     clients.
    /// - Throws: `DataError.noClients`; `DataError.tooFewOwners` where fewer owners have `minimum` images
    ///   than there are clients.
    public init(
        _ images: ImageOwners, clients: Int, minimum: Int = 1, choice: Choice = .random,
        using generator: inout some RandomNumberGenerator
    ) throws(DataError) {
        guard clients >= 1 else { throw .noClients(clients) }
        let counts = images.counts, least = max(1, minimum)
        let eligible = counts.indices.filter { counts[$0] >= least }
        guard eligible.count >= clients else {
            throw .tooFewOwners(
                clients: clients, owners: eligible.count, all: counts.count, minimum: least)
        }
        switch choice {
        case .largest:
            owners = Array(
                eligible.sorted { (-counts[$0], $0) < (-counts[$1], $1) }.prefix(clients))
        case .random where eligible.count > clients:
            owners = Array(eligible.shuffled(using: &generator).prefix(clients)).sorted()
        case .random:
            owners = eligible
        }
        var clientOf = [Int?](repeating: nil, count: counts.count)
        for (client, owner) in owners.enumerated() { clientOf[owner] = client }
        var held = [[Int]](repeating: [], count: clients)
        for (image, owner) in images.indices.enumerated() where owner != ImageOwners.nobody {
            if let client = clientOf[Int(owner)] { held[client].append(image) }
        }
        partition = Partition(clients: held)
        tooSmall = counts.count - eligible.count
        notChosen = eligible.count - clients
        unused = images.indices.count - held.reduce(0) { $0 + $1.count }
    }

    /// A line about owners who are no clients; nil where there are none.
    ///
    /// - Parameter minimum: the fewest images of a client.
    public func omission(minimum: Int) -> String? {
        guard tooSmall + notChosen > 0 else { return nil }
        let all = owners.count + tooSmall + notChosen
        var parts: [String] = []
        if tooSmall > 0 {
            parts.append("\(tooSmall) with fewer than \(max(1, minimum)) training images")
        }
        if notChosen > 0 { parts.append("\(notChosen) not chosen") }
        return "\(owners.count) of \(all) owners are clients (\(parts.joined(separator: ", "))); "
            + "\(unused) training images are not used"
    }
}
