import Core
import Foundation
import Models
import Testing

@Suite("Partitions")
struct PartitionTests {
    /// `perClass` images of each of `classes` classes, as they lie in a folder.
    static func labels(_ classes: Int, perClass: Int) -> [Int32] {
        (0..<classes).flatMap { [Int32](repeating: Int32($0), count: perClass) }
    }

    static func expectCover(_ partition: Partition, images: Int, clients: Int) {
        #expect(partition.clients.count == clients)
        #expect(partition.clients.flatMap(\.self).sorted() == Array(0..<images))
        #expect(partition.clients.allSatisfy { $0 == $0.sorted() })
    }

    @Test("independent parts cover all images once and differ by one at most", arguments: 0..<20)
    func independent(seed: UInt64) throws {
        var generator = RandomStream(seed: seed)
        let (images, clients) = (1_003, 7)
        let partition = try Partition.independent(images: images, clients: clients, using: &generator)
        Self.expectCover(partition, images: images, clients: clients)
        let sizes = partition.clients.map(\.count)
        #expect(sizes.max()! - sizes.min()! <= 1)
        // Hypergeometric: each class of 100 gives a client about 14 images, deviation 3.3; five deviations
        // either side.
        let labels = (0..<images).map { Int32($0 % 10) }
        let counts = partition.labelCounts(labels: labels, classes: 10)
        #expect(counts.flatMap(\.self).allSatisfy { (0...31).contains($0) })
        #expect(counts.map { $0.reduce(0, +) } == sizes)
    }

    @Test("Dirichlet parts cover all images once and keep the minimum", arguments: 0..<20)
    func dirichlet(seed: UInt64) throws {
        for (beta, clients, minimum) in [
            (0.01, 5, 10), (0.5, 5, 10), (0.5, 20, 1), (100, 50, 10), (1e6, 1, 1),
        ] {
            var generator = RandomStream(seed: seed)
            let labels = Self.labels(10, perClass: 130)
            let partition = try Partition.dirichlet(
                labels: labels, classes: 10, clients: clients, beta: beta, minimum: minimum, using: &generator
            )
            Self.expectCover(partition, images: labels.count, clients: clients)
            #expect(partition.clients.allSatisfy { $0.count >= minimum })
        }
    }

    @Test("a small beta leaves each client few classes, a large one all", arguments: 0..<10)
    func concentration(seed: UInt64) throws {
        var generator = RandomStream(seed: seed)
        let labels = Self.labels(10, perClass: 200)
        func classesPerClient(_ beta: Double) throws -> [Int] {
            try Partition.dirichlet(labels: labels, classes: 10, clients: 5, beta: beta, using: &generator)
                .labelCounts(labels: labels, classes: 10).map { row in row.filter { $0 > 0 }.count }
        }
        #expect(try classesPerClient(0.01).reduce(0, +) <= 18)
        #expect(try classesPerClient(1_000).allSatisfy { $0 == 10 })
    }

    @Test("a huge beta tends to equal shares of every class")
    func limitOfLargeBeta() throws {
        var generator = RandomStream(seed: 3)
        let labels = Self.labels(4, perClass: 1_000)
        let partition = try Partition.dirichlet(
            labels: labels, classes: 4, clients: 5, beta: 1e7, using: &generator)
        // 200 each; the clients that already hold N / K get nothing of the last class, which moves some of
        // it.
        for row in partition.labelCounts(labels: labels, classes: 4) {
            #expect(row.prefix(3).allSatisfy { abs($0 - 200) <= 2 })
        }
    }

    @Test(
        "shares so small that all of them would underflow are still dealt",
        arguments: [1e-5, 1e-8, 1e-300, .leastNormalMagnitude] as [Double])
    func tinyBeta(beta: Double) throws {
        var generator = RandomStream(seed: 11)
        let labels = Self.labels(10, perClass: 50)
        let partition = try Partition.dirichlet(
            labels: labels, classes: 10, clients: 5, beta: beta, using: &generator)
        Self.expectCover(partition, images: labels.count, clients: 5)
        // Each class goes to one client whole, and a client is full after two of the ten.
        let counts = partition.labelCounts(labels: labels, classes: 10)
        #expect(counts.allSatisfy { row in row.filter { $0 == 50 }.count == 2 && row.reduce(0, +) == 100 })
    }

    @Test("the same generator gives the same partition, another seed another one")
    func determinism() throws {
        func partition(_ seed: UInt64) throws -> Partition {
            var generator = RandomStream(seed: seed)
            return try .dirichlet(
                labels: Self.labels(10, perClass: 60), classes: 10, clients: 5, beta: 0.5, using: &generator)
        }
        #expect(try partition(1) == partition(1))
        #expect(try partition(1) != partition(2))
    }

    @Test("labels need not be sorted, and a class may be empty")
    func looseLabels() throws {
        var generator = RandomStream(seed: 9)
        let labels = (0..<300).map { Int32([0, 2, 3][$0 % 3]) }
        let partition = try Partition.dirichlet(
            labels: labels, classes: 4, clients: 3, beta: 0.3, using: &generator)
        Self.expectCover(partition, images: 300, clients: 3)
        #expect(partition.labelCounts(labels: labels, classes: 4).allSatisfy { $0[1] == 0 })
    }

    @Test("a hundred clients with 13 images each are dealt with the default minimum")
    func hundredClients() throws {
        var generator = RandomStream(seed: 1)
        let labels = Self.labels(10, perClass: 130)
        let partition = try Partition.dirichlet(
            labels: labels, classes: 10, clients: 100, beta: 0.5, using: &generator)
        #expect(Partition.defaultMinimum(images: 1_300, clients: 100) == 3)
        #expect(Partition.defaultMinimum(images: 1_300, clients: 5) == 10)
        #expect(Partition.defaultMinimum(images: 4, clients: 4) == 1)
        #expect(partition.clients.allSatisfy { $0.count >= 3 })
    }

    @Test("each client holds one domain, and the clients of a domain share it equally")
    func domains() throws {
        var generator = RandomStream(seed: 4)
        let domains = (0..<120).map { Int32($0 % 6) }
        let whole = try Partition.byDomain(domains, domainCount: 6, clients: 6, using: &generator)
        #expect(whole.clients == (0..<6).map { domain in (0..<120).filter { $0 % 6 == domain } })
        let shared = try Partition.byDomain(domains, domainCount: 6, clients: 15, using: &generator)
        Self.expectCover(shared, images: 120, clients: 15)
        for (client, images) in shared.clients.enumerated() {
            #expect(images.allSatisfy { $0 % 6 == client % 6 })
            // Domains 0, 1 and 2 have three clients for 20 images, the others two.
            #expect((client % 6 < 3 ? 6...7 : 10...10).contains(images.count))
        }
    }

    @Test("impossible partitions are typed errors")
    func errors() {
        var generator = RandomStream(seed: 1)
        let labels = Self.labels(2, perClass: 10)
        for beta in [0, -1, .nan, .infinity] as [Double] {
            let error = #expect(throws: DataError.self) {
                try Partition.dirichlet(labels: labels, classes: 2, clients: 2, beta: beta, using: &generator)
            }
            #expect("\(error!)" == "partition: beta is \(beta); a finite number above 0 is needed")
        }
        #expect(throws: DataError.tooFewImages(images: 20, clients: 21, minimum: 1)) {
            try Partition.dirichlet(labels: labels, classes: 2, clients: 21, beta: 1, using: &generator)
        }
        #expect(throws: DataError.tooFewImages(images: 20, clients: 3, minimum: 7)) {
            try Partition.dirichlet(
                labels: labels, classes: 2, clients: 3, beta: 1, minimum: 7, using: &generator)
        }
        #expect(throws: DataError.tooFewImages(images: 3, clients: 4, minimum: 1)) {
            try Partition.independent(images: 3, clients: 4, using: &generator)
        }
        #expect(throws: DataError.tooFewImages(images: 20, clients: .max, minimum: 1)) {
            try Partition.dirichlet(labels: labels, classes: 2, clients: .max, beta: 1, using: &generator)
        }
        for clients in [0, -5] {
            #expect(throws: DataError.noClients(clients)) {
                try Partition.independent(images: 3, clients: clients, using: &generator)
            }
            #expect(throws: DataError.noClients(clients)) {
                try Partition.dirichlet(
                    labels: labels, classes: 2, clients: clients, beta: 1, using: &generator)
            }
        }
        #expect(throws: DataError.tooFewClients(clients: 2, domains: 3)) {
            try Partition.byDomain([0, 1, 2, 0], domainCount: 3, clients: 2, using: &generator)
        }
        #expect(throws: DataError.tooFewDomainImages(domain: 1, images: 1, clients: 2)) {
            try Partition.byDomain([0, 1, 0, 0], domainCount: 2, clients: 4, using: &generator)
        }
        // Two whole classes among ten clients: at least six clients stay without an image.
        #expect(
            throws: DataError.unreachableMinimum(
                beta: 1e-6, clients: 10, minimum: 1, smallest: 0, attempts: 1_000)
        ) {
            try Partition.dirichlet(labels: labels, classes: 2, clients: 10, beta: 1e-6, using: &generator)
        }
    }
}
