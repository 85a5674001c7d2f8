import Models

/// Whose images the clients of a natural partition hold.
struct ClientOwners: Sendable {
    /// Names of the owners.
    private let names: [String]
    /// The owner of each client, an index into the names.
    private let owners: [Int]
    /// Test images of each owner; nil where the test images have no owners.
    private let testCounts: [Int]?

    /// Nil where clients are no owners.
    init?(_ holdings: ImageHoldings, data: FederatedData) {
        guard let natural = holdings.natural, let images = data.train.owners else { return nil }
        names = images.names
        owners = natural.owners
        testCounts = data.testOwnerCounts
    }

    /// The name of a client's owner.
    func name(of client: Int) -> String { names[owners[client]] }

    /// Clients whose owners have no test image.
    private var untested: [Int] { owners.indices.filter { testImages(of: $0) == 0 } }

    private func testImages(of client: Int) -> Int {
        let owner = owners[client]
        guard let testCounts, testCounts.indices.contains(owner) else { return 0 }
        return testCounts[owner]
    }

    /// Whether a client has test images of its own.
    var areTested: Bool { untested.count < owners.count }

    /// A line about clients that have no test images of their own, where others have; nil where there are
    /// none.
    var untestedNote: String? {
        let untested = untested
        guard areTested, !untested.isEmpty else { return nil }
        let list =
            untested.prefix(5).map { "'\(name(of: $0))'" }.joined(separator: ", ")
            + (untested.count > 5 ? ", …" : "")
        return "\(untested.count) of \(owners.count) clients (\(list)) have no test images of their own, so "
            + "no accuracy of evaluation.clients"
    }
}

extension ImageHoldings {
    /// The training images that clients hold, ascending, where a natural partition leaves some to nobody; nil
    /// where it does not.
    var heldPart: IndexList? {
        guard let natural, natural.unused > 0 else { return nil }
        return IndexList(natural.partition.clients.joined().sorted())
    }
}
