extension ImageSet {
    /// Makes a set that knows who its images are and has no pixels: what a simulation of times and bytes
    /// needs of a data set.
    ///
    /// Asking for an image of such a set is an error of the program.
    ///
    /// - Precondition: `domains` is empty or as long as `labels`; `owners` are as many.
    public init(
        labelsOnly labels: [Int32], side: Int, classNames: [String], domains: [Int32] = [],
        domainNames: [String] = ["real"], owners: ImageOwners? = nil
    ) {
        precondition(
            domains.isEmpty || domains.count == labels.count,
            "\(domains.count) domains for \(labels.count) images")
        precondition(owners.map { $0.indices.count == labels.count } ?? true, "owners of other images")
        self.side = side
        pixels = []
        self.labels = labels
        self.classNames = classNames
        self.domains = domains.isEmpty ? [Int32](repeating: 0, count: labels.count) : domains
        self.domainNames = domainNames
        captions = []
        self.owners = owners
    }
}

extension ImageSet {
    /// The images of several domains, one after the other; without pixels where the sets have none.
    ///
    /// - Precondition: there is a domain, and all sets have one size and the same classes.
    public init(domains sets: [(name: String, images: ImageSet)]) {
        precondition(
            sets.allSatisfy {
                $0.images.side == sets[0].images.side && $0.images.classNames == sets[0].images.classNames
            },
            "domains of different kinds")
        side = sets[0].images.side
        classNames = sets[0].images.classNames
        pixels = sets.flatMap(\.images.pixels)
        labels = sets.flatMap(\.images.labels)
        domains = sets.enumerated().flatMap { Array(repeating: Int32($0), count: $1.images.labels.count) }
        domainNames = sets.map(\.name)
        captions = sets.flatMap(\.images.captions)
    }
}

extension ImageWorld {
    /// The labels of `privateSet`, in its order, without a pixel rendered.
    ///
    /// - Complexity: O(images).
    public static func privateLabels(
        perClass: Int, side: Int, domain: WorldStyle = .real,
        classes: [WorldObject] = WorldClassSet.basics.objects
    ) -> ImageSet {
        let count = perClass * classes.count
        let style = WorldStyle.allCases.firstIndex(of: domain) ?? 0
        return ImageSet(
            labelsOnly: (0..<count).map { Int32($0 % classes.count) }, side: side,
            classNames: classes.map(\.name), domains: Array(repeating: Int32(style), count: count),
            domainNames: domainNames)
    }
}
