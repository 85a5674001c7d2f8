import Core
import Models
import Testing

/// `perClass` images of each of ten classes, in the order 0, 1, … 9, 0, 1, …
private func labels(perClass: Int) -> [Int32] { (0..<10 * perClass).map { Int32($0 % 10) } }

private func requireEachOnce(_ partition: Partition, images: Int) {
    #expect(partition.clients.flatMap(\.self).sorted() == Array(0..<images))
}

@Suite("Skewed partitions")
struct PartitionSkewTests {
    @Test(
        "pathological: each client has exactly k classes, each class the same number of clients",
        arguments: 1...10)
    func pathological(classes: Int) throws {
        let labels = labels(perClass: 60)
        var stream = RandomStream(seed: 3)
        let partition = try Partition.pathological(
            labels: labels, classes: 10, clients: 20, perClient: classes, using: &stream)
        requireEachOnce(partition, images: 600)
        let counts = partition.labelCounts(labels: labels, classes: 10)
        for client in counts { #expect(client.count { $0 > 0 } == classes) }
        for label in 0..<10 {
            let parts = counts.map { $0[label] }.filter { $0 > 0 }
            #expect(parts.count == 2 * classes)
            #expect((parts.max() ?? 0) - (parts.min() ?? 0) <= 1)
        }
    }

    @Test("pathological: clients that cannot hold so many classes, or leave one out, are an error")
    func impossible() {
        var stream = RandomStream(seed: 3)
        let labels = labels(perClass: 2)
        for (clients, perClient) in [(5, 11), (4, 2), (1, 9)] {
            let error = DataError.impossibleClasses(perClient: perClient, clients: clients, classes: 10)
            #expect(throws: error) {
                try Partition.pathological(
                    labels: labels, classes: 10, clients: clients, perClient: perClient, using: &stream)
            }
        }
        #expect(throws: DataError.noClients(0)) {
            try Partition.pathological(
                labels: labels, classes: 10, clients: 0, perClient: 1, using: &stream)
        }
        #expect(throws: DataError.self) {
            try Partition.pathological(
                labels: labels, classes: 10, clients: 30, perClient: 1, using: &stream)
        }
    }

    @Test("shards: equal parts of the sorted images; a client of two has at most two classes")
    func shards() throws {
        let labels = labels(perClass: 60)
        var stream = RandomStream(seed: 4)
        let partition = try Partition.shards(
            labels: labels, clients: 100, perClient: 2, using: &stream)
        requireEachOnce(partition, images: 600)
        #expect(partition.clients.allSatisfy { $0.count == 6 })
        for client in partition.labelCounts(labels: labels, classes: 10) {
            #expect(client.count { $0 > 0 } <= 2)
        }
        var again = RandomStream(seed: 4)
        #expect(try Partition.shards(labels: labels, clients: 100, perClient: 2, using: &again) == partition)
        #expect(throws: DataError.tooFewImages(images: 600, clients: 301, minimum: 2)) {
            try Partition.shards(labels: labels, clients: 301, perClient: 2, using: &stream)
        }
    }

    @Test("quantity skew: unequal numbers, at least the minimum, the more unequal the smaller beta is")
    func quantities() throws {
        func sizes(_ beta: Double) throws -> [Int] {
            var stream = RandomStream(seed: 5)
            let partition = try Partition.quantitySkew(
                images: 1000, clients: 10, beta: beta, minimum: 7, using: &stream)
            requireEachOnce(partition, images: 1000)
            return partition.clients.map(\.count)
        }
        for beta in [1e-9, 0.1, 1, 100, 1e6] {
            #expect(try sizes(beta).allSatisfy { $0 >= 7 })
        }
        #expect(try sizes(1e-9).max() == 1000 - 9 * 7)
        #expect(try sizes(1e6).allSatisfy { abs($0 - 100) <= 2 })
        #expect(try Set(sizes(0.5)).count > 5)
    }
}
