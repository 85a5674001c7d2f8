import Models

/// What a simulation needs to know of training images, without their pixels: how many, of which classes,
/// domains and owners, and their hash. Kept in the run log, so that a replay needs no images.
struct ImageFacts: Sendable, Equatable {
    /// Width and height, in pixels.
    let side: Int
    /// Class index of each image.
    let labels: [Int32]
    /// Names of the classes.
    let classNames: [String]
    /// Domain index of each image.
    let domains: [Int32]
    /// Names of the domains.
    let domainNames: [String]
    /// Whose they are; nil where the data does not say it.
    let owners: ImageOwners?
    /// Hash of pixels and labels.
    let sha256: String

    /// How many images each client holds, where that is all that is known: of an imported run.
    let shares: [Int]?

    /// How many images there are.
    var count: Int { labels.count }

    /// The facts of a set that is in memory.
    init(_ set: ImageSet) {
        side = set.side
        labels = set.labels
        classNames = set.classNames
        domains = set.domains
        domainNames = set.domainNames
        owners = set.owners
        sha256 = set.sha256
        shares = nil
    }

    /// Images of which nothing is known but who holds how many.
    init(shares: [Int], sha256: String, side: Int) {
        self.side = side
        labels = []
        classNames = ["unknown"]
        domains = []
        domainNames = ["unknown"]
        owners = nil
        self.sha256 = sha256
        self.shares = shares
    }

    /// The domain that all these images come from, where the set has several and they agree.
    func commonDomain(of images: [Int]) -> String? {
        guard domainNames.count > 1, let first = images.first else { return nil }
        let domain = domains[first]
        return images.allSatisfy { domains[$0] == domain } ? domainNames[Int(domain)] : nil
    }
}

extension ImageFacts: Codable {
    private enum CodingKeys: String, CodingKey {
        case side, labels, classNames = "classes", domains, domainNames = "domain_names", sha256, shares
        case owners, ownerNames = "owner_names"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        side = try container.decode(Int.self, forKey: .side)
        classNames = try container.decode([String].self, forKey: .classNames)
        domainNames = try container.decode([String].self, forKey: .domainNames)
        sha256 = try container.decode(String.self, forKey: .sha256)
        shares = try container.decodeIfPresent([Int].self, forKey: .shares)
        func numbers(_ key: CodingKeys, in range: Range<Int>) throws -> [Int32] {
            let text = try container.decode(String.self, forKey: key)
            guard let numbers = RunLengths.decode(text), numbers.allSatisfy({ range ~= Int($0) }) else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: container, debugDescription: "not indices in \(range)")
            }
            return numbers
        }
        labels = try numbers(.labels, in: 0..<classNames.count)
        domains = try numbers(.domains, in: 0..<domainNames.count)
        owners = try container.decodeIfPresent([String].self, forKey: .ownerNames).map { names in
            let nobody = Int(ImageOwners.nobody)
            return ImageOwners(names: names, indices: try numbers(.owners, in: nobody..<names.count))
        }
        guard labels.count == domains.count, 1...1 << 14 ~= side,
            shares?.allSatisfy({ 0...1 << 40 ~= $0 }) ?? true,
            owners.map({ $0.indices.count == labels.count }) ?? true
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .domains, in: container,
                debugDescription: "\(domains.count) domains, \(labels.count) labels")
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(side, forKey: .side)
        try container.encode(classNames, forKey: .classNames)
        try container.encode(domainNames, forKey: .domainNames)
        try container.encode(sha256, forKey: .sha256)
        try container.encodeIfPresent(shares, forKey: .shares)
        try container.encode(RunLengths.encode(labels), forKey: .labels)
        try container.encode(RunLengths.encode(domains), forKey: .domains)
        try container.encodeIfPresent(owners?.names, forKey: .ownerNames)
        try container.encodeIfPresent(owners.map { RunLengths.encode($0.indices) }, forKey: .owners)
    }
}

/// Numbers as text in which repetitions are short: `0*130 1*130 2 0`.
enum RunLengths {
    static func encode(_ numbers: [Int32]) -> String {
        var parts: [String] = []
        var index = 0
        while index < numbers.count {
            var end = index + 1
            while end < numbers.count, numbers[end] == numbers[index] { end += 1 }
            parts.append(end - index == 1 ? "\(numbers[index])" : "\(numbers[index])*\(end - index)")
            index = end
        }
        return parts.joined(separator: " ")
    }

    /// The numbers; `nil` where the text is not of this form or names more than 2²⁸.
    static func decode(_ text: String) -> [Int32]? {
        var numbers: [Int32] = []
        for part in text.split(separator: " ") {
            let pair = part.split(separator: "*", omittingEmptySubsequences: false)
            guard pair.count <= 2, let number = Int32(pair[0]),
                let count = pair.count == 2 ? Int(pair[1]) : 1,
                count > 0, count < 1 << 28, numbers.count + count < 1 << 28
            else { return nil }
            numbers.append(contentsOf: repeatElement(number, count: count))
        }
        return numbers
    }
}
