import Core

/// Skewed partitions of papers on federated learning on non-IID data, beside the Dirichlet one.
extension Partition {
    /// Shards: images sorted by class are cut into equal parts, of which each client gets some at random.
    ///
    /// McMahan and others, *Communication-Efficient Learning of Deep Networks from Decentralized Data*,
    /// AISTATS 2017, with two shards a client.
    ///
    /// - Parameters:
    ///   - labels: class index of each image.
    ///   - clients: how many there are.
    ///   - perClient: shards of a client.
    ///   - generator: draws the order of images and shards.
    /// - Throws: `DataError` when there is no client, or fewer images than shards.
    public static func shards(
        labels: [Int32], clients: Int, perClient: Int, using generator: inout some RandomNumberGenerator
    ) throws(DataError) -> Partition {
        try requireImages(labels.count, clients: clients, minimum: perClient)
        let count = clients * perClient
        // Images of a class in random order, so that shards of a class are alike.
        let order = labels.indices.shuffled(using: &generator).sorted { labels[$0] < labels[$1] }
        let dealt = (0..<count).shuffled(using: &generator)
        var owners = [Int](repeating: 0, count: labels.count)
        for shard in 0..<count {
            let start = bound(shard, of: count, items: labels.count)
            let end = bound(shard + 1, of: count, items: labels.count)
            for position in start..<end { owners[order[position]] = dealt[shard] / perClient }
        }
        return Partition(owners: owners, clients: clients)
    }

    /// The pathological partition: each client holds images of exactly so many classes.
    ///
    /// The classes go round the clients in a random order, so that each has as many holders as any other,
    /// or one more. The holders of a class share it in random equal parts. (Collins and others, *Exploiting
    /// Shared Representations for Personalized Federated Learning*, ICML 2021.)
    ///
    /// - Parameters:
    ///   - labels: class index of each image, in `0..<classes`.
    ///   - classes: how many classes there are.
    ///   - clients: how many there are.
    ///   - perClient: classes of a client.
    ///   - generator: draws the order of clients, classes and images.
    /// - Throws: `DataError` when there is no client, a client would have more classes than there are, a
    ///   class would have no client, or fewer images than clients.
    public static func pathological(
        labels: [Int32], classes: Int, clients: Int, perClient: Int,
        using generator: inout some RandomNumberGenerator
    ) throws(DataError) -> Partition {
        guard clients >= 1 else { throw .noClients(clients) }
        guard perClient <= classes, clients > (classes - 1) / perClient else {
            throw .impossibleClasses(perClient: perClient, clients: clients, classes: classes)
        }
        let order = (0..<classes).shuffled(using: &generator)
        var holders = [[Int]](repeating: [], count: classes)
        for place in 0..<clients * perClient { holders[order[place % classes]].append(place / perClient) }
        var imagesOfClass = [[Int]](repeating: [], count: classes)
        for (image, label) in labels.enumerated() { imagesOfClass[Int(label)].append(image) }
        var owners = [Int](repeating: 0, count: labels.count)
        for (label, images) in imagesOfClass.enumerated() {
            guard images.count >= holders[label].count else {
                throw .tooFewClassImages(label: label, images: images.count, clients: holders[label].count)
            }
            for (position, image) in images.shuffled(using: &generator).enumerated() {
                owners[image] = holders[label][position % holders[label].count]
            }
        }
        return Partition(owners: owners, clients: clients)
    }

    /// Quantity skew: the clients' numbers of images are drawn from a symmetric Dirichlet distribution, the
    /// images at random from the whole set.
    ///
    /// Li and others, *Federated Learning on Non-IID Data Silos: An Experimental Study*, ICDE 2022. Every
    /// client gets `minimum` images first; the shares are of the rest.
    ///
    /// - Throws: `DataError` when β is no positive number, or there are too few images.
    public static func quantitySkew(
        images: Int, clients: Int, beta: Double, minimum: Int,
        using generator: inout some RandomNumberGenerator
    ) throws(DataError) -> Partition {
        guard beta > 0, beta.isFinite else { throw .invalidBeta(beta) }
        let least = max(1, minimum)
        try requireImages(images, clients: clients, minimum: least)
        var logShares: [Double] = []
        for _ in 0..<clients { logShares.append(generator.logGamma(shape: max(beta, 1e-300))) }
        let shares = Shares.normalized(logWeights: logShares)
        let rest = images - least * clients
        let order = (0..<images).shuffled(using: &generator)
        var owners = [Int](repeating: 0, count: images)
        var dealt = 0, cumulated = 0.0
        let last = shares.lastIndex { $0 > 0 } ?? clients - 1
        for client in 0..<clients {
            cumulated += shares[client]
            let upTo = client >= last ? rest : min(rest, Int(cumulated * Double(rest)))
            let end = upTo + least * (client + 1)
            for position in dealt..<max(dealt, end) { owners[order[position]] = client }
            dealt = max(dealt, end)
        }
        return Partition(owners: owners, clients: clients)
    }

    /// Where part `number` of `count` equal parts begins.
    private static func bound(_ number: Int, of count: Int, items: Int) -> Int {
        let (high, low) = number.multipliedFullWidth(by: items)
        return count.dividingFullWidth((high, low)).quotient
    }
}
