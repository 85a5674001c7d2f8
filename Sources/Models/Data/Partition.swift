/// Which images each client holds; no image belongs to two clients.
public struct Partition: Sendable, Hashable {
    /// Indices of each client's images, ascending, `[clients][images of the client]`.
    public let clients: [[Int]]

    /// Makes a partition from the owner of each image, in `0..<clients`.
    init(owners: [Int], clients count: Int) {
        var clients = [[Int]](repeating: [], count: count)
        for (image, owner) in owners.enumerated() { clients[owner].append(image) }
        self.clients = clients
    }

    /// Makes a partition from the images of each client.
    init(clients: [[Int]]) { self.clients = clients }

    /// Consecutive images: the first client's, then the second's, and so on.
    ///
    /// - Precondition: no size is negative.
    public init(sizes: [Int]) {
        var next = 0
        clients = sizes.map { size in
            defer { next += size }
            return Array(next..<next + size)
        }
    }

    /// How many images of each class each client holds, `[clients][classes]`.
    ///
    /// - Parameters:
    ///   - labels: class index of each image of the whole set, in `0..<classes`.
    ///   - classes: how many classes there are.
    public func labelCounts(labels: [Int32], classes: Int) -> [[Int]] {
        clients.map { images in
            var counts = [Int](repeating: 0, count: classes)
            for image in images { counts[Int(labels[image])] += 1 }
            return counts
        }
    }

    /// Random equal parts: sizes differ by one at most.
    ///
    /// - Throws: `DataError` when there is no client, or fewer images than clients.
    /// - Complexity: O(`images`).
    public static func independent(
        images: Int, clients: Int, using generator: inout some RandomNumberGenerator
    ) throws(DataError) -> Partition {
        try requireImages(images, clients: clients, minimum: 1)
        var owners = [Int](repeating: 0, count: images)
        for (position, image) in (0..<images).shuffled(using: &generator).enumerated() {
            owners[image] = position % clients
        }
        return Partition(owners: owners, clients: clients)
    }

    /// Feature skew: each client holds images of one domain only.
    ///
    /// Client k has domain k mod D. With as many clients as domains each client holds a whole domain; with
    /// more, the clients of a domain share it in random equal parts.
    ///
    /// - Parameters:
    ///   - domains: domain index of each image, in `0..<domainCount`.
    ///   - domainCount: number of domains, D.
    ///   - clients: how many clients there are.
    ///   - generator: where all draws come from.
    /// - Throws: `DataError` when there are fewer clients than domains, or a domain has fewer images than
    ///   clients.
    public static func byDomain(
        _ domains: [Int32], domainCount: Int, clients: Int, using generator: inout some RandomNumberGenerator
    ) throws(DataError) -> Partition {
        try requireImages(domains.count, clients: clients, minimum: 1)
        guard clients >= domainCount else { throw .tooFewClients(clients: clients, domains: domainCount) }
        var owners = [Int](repeating: 0, count: domains.count)
        for domain in 0..<domainCount {
            let sharers = Array(stride(from: domain, to: clients, by: domainCount))
            var images = domains.indices.filter { Int(domains[$0]) == domain }
            guard images.count >= sharers.count else {
                throw .tooFewDomainImages(domain: domain, images: images.count, clients: sharers.count)
            }
            images.shuffle(using: &generator)
            for (position, image) in images.enumerated() { owners[image] = sharers[position % sharers.count] }
        }
        return Partition(owners: owners, clients: clients)
    }

    /// Throws unless `images` suffice for `minimum` images for each of `clients`, of which there is at least
    /// one.
    static func requireImages(_ images: Int, clients: Int, minimum: Int) throws(DataError) {
        guard clients >= 1 else { throw .noClients(clients) }
        // Compared by division: the product of two numbers from a scenario might overflow.
        guard images / clients >= minimum else {
            throw .tooFewImages(images: images, clients: clients, minimum: minimum)
        }
    }
}
