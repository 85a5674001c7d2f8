import Core
import Models

extension ImageHoldings {
    /// How a scenario spreads training images over its clients.
    ///
    /// - Throws: `DataError` where they cannot be spread so.
    init(of scenario: Scenario, seed: UInt64, train: ImageFacts) throws {
        let settings = scenario.data.partition
        if let shares = train.shares {
            self.init(Partition(sizes: shares))
        } else if let perClient = settings.perClient {
            try self.init(ImageDraw(settings, perClient: perClient, seed: seed, train: train))
        } else if settings.kind == .natural {
            guard let owners = train.owners else { throw DataError.noOwners }
            var stream = Self.stream(seed)
            try self.init(
                NaturalPartition(
                    owners, clients: scenario.clients, minimum: settings.minImages ?? 1,
                    choice: settings.owners ?? .random, using: &stream))
        } else {
            try self.init(Self.dealt(train, by: settings, clients: scenario.clients, seed: seed))
        }
    }

    private static func stream(_ seed: UInt64) -> RandomStream {
        RandomStream(seed: seed, purpose: "partition")
    }

    /// A partition by a rule that needs no owners.
    private static func dealt(
        _ train: ImageFacts, by settings: Scenario.Partition, clients: Int, seed: UInt64
    ) throws -> Partition {
        var stream = stream(seed)
        switch settings.kind {
        case .iid:
            return try .independent(images: train.count, clients: clients, using: &stream)
        case .dirichlet:
            return try .dirichlet(
                labels: train.labels, classes: train.classNames.count, clients: clients, beta: settings.beta,
                minimum: settings.minimum, using: &stream)
        case .domains:
            return try .byDomain(
                train.domains, domainCount: train.domainNames.count, clients: clients, using: &stream)
        case .pathological:
            return try .pathological(
                labels: train.labels, classes: train.classNames.count, clients: clients,
                perClient: settings.classes ?? 2, using: &stream)
        case .shards:
            return try .shards(
                labels: train.labels, clients: clients, perClient: settings.shards ?? 2, using: &stream)
        case .quantity:
            return try .quantitySkew(
                images: train.count, clients: clients, beta: settings.beta, minimum: settings.minimum,
                using: &stream)
        case .natural:
            preconditionFailure("a natural partition needs owners")
        }
    }
}

extension Scenario {
    /// Checks of each variant whose images are rendered that they can be spread over its clients; how many
    /// images a folder has is found where they are read.
    ///
    /// - Throws: `DataError`.
    public func checkPartitions() throws {
        for (_, variant) in variants() where variant.data.set == .shapes {
            let data = try FederatedData.load(
                variant.data, labelsOnly: true, catalogue: catalogue, workers: 1)
            _ = try ImageHoldings(of: variant, seed: variant.seed, train: data.train)
        }
    }
}
