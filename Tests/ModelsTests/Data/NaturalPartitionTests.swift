import Core
import Models
import Testing

/// `data.partition.kind: natural`.
@Suite("Natural partitions")
struct NaturalPartitionTests {
    /// Five owners with 4, 1, 0, 3 and 4 images in turns, and an image of nobody.
    private let owners = ImageOwners(
        names: ["a", "b", "c", "d", "e"], indices: [0, 3, 4, 1, 0, 3, 4, -1, 0, 4, 3, 0, 4])

    private func partition(
        _ clients: Int, minimum: Int = 1, _ choice: NaturalPartition.Choice = .random, seed: UInt64 = 1
    ) throws -> NaturalPartition {
        var stream = RandomStream(seed: seed)
        return try NaturalPartition(
            owners, clients: clients, minimum: minimum, choice: choice, using: &stream)
    }

    @Test("Clients hold their owners' images, all of them, in the order of the owners")
    func all() throws {
        for choice in NaturalPartition.Choice.allCases {
            let all = try partition(4, choice)
            #expect(Set(all.owners) == [0, 1, 3, 4])
            for (client, owner) in all.owners.enumerated() {
                #expect(
                    all.partition.clients[client]
                        == owners.indices.indices.filter { owners.indices[$0] == Int32(owner) })
            }
            #expect((all.tooSmall, all.notChosen, all.unused) == (1, 0, 1))
        }
        #expect(try partition(4).owners == [0, 1, 3, 4])
        #expect(try partition(4, .largest).owners == [0, 4, 3, 1])
        #expect(try partition(1, .largest).partition.clients == [[0, 4, 8, 11]])
    }

    @Test("A random choice is the seed's, each owner is chosen equally often, and in order")
    func random() throws {
        var counts = [0, 0, 0, 0, 0]
        for seed in 0..<400 {
            let chosen = try partition(2, seed: UInt64(seed)).owners
            #expect(chosen == chosen.sorted() && Set(chosen).count == 2)
            #expect(try partition(2, seed: UInt64(seed)).owners == chosen)
            for owner in chosen { counts[owner] += 1 }
        }
        #expect(counts[2] == 0)
        // 200 of 400, five standard deviations of a binomial count.
        for owner in [0, 1, 3, 4] { #expect(abs(counts[owner] - 200) < 50) }
    }

    @Test("Owners with too few images are left out and counted, and too few owners are refused")
    func minimum() throws {
        let three = try partition(2, minimum: 3, .largest)
        #expect(three.owners == [0, 4] && three.tooSmall == 2 && three.notChosen == 1 && three.unused == 5)
        #expect(
            three.omission(minimum: 3)
                == "2 of 5 owners are clients (2 with fewer than 3 training images, 1 not chosen); 5 "
                + "training images are not used")
        #expect(throws: DataError.tooFewOwners(clients: 4, owners: 3, all: 5, minimum: 3)) {
            try partition(4, minimum: 3)
        }
        #expect(throws: DataError.tooFewOwners(clients: 5, owners: 4, all: 5, minimum: 1)) {
            try partition(5)
        }
        #expect(throws: DataError.noClients(0)) { try partition(0) }
        var stream = RandomStream(seed: 1)
        let one = ImageOwners(names: ["a"], indices: [0, 0])
        #expect(try NaturalPartition(one, clients: 1, using: &stream).omission(minimum: 1) == nil)
    }
}
