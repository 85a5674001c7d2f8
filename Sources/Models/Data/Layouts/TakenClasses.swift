/// The classes that are taken of a set of class folders or lists, and the domains that all have them.
///
/// Loading has two steps for every layout: both splits are listed and what is left out is checked, then
/// images are decoded. So what is wrong with a listing is found before the first image is decoded.
struct TakenClasses {
    /// Class folders, or names in lists, in the order of the labels.
    let folders: [String]
    /// All classes of the set, of which those are some.
    let all: [String]
    /// Whether no classes were asked for, so that every split must have the same ones.
    let areAll: Bool
    /// What they are called in prompts, in the order of the labels.
    let names: [String]
    /// Names of the domains.
    let domains: [String]
    /// Whose the images are; nil where no file says it.
    private let owners: OwnerTable?

    /// Finds the names of classes.
    ///
    /// - Parameters:
    ///   - wanted: the classes that were asked for.
    ///   - root: the data's folder.
    ///   - given: names that the user gives.
    ///   - owners: whose the images are.
    /// - Throws: as `ClassNames.resolve`.
    init(
        _ folders: [String], of all: [String], wanted: [String]?, domains: [String] = ["real"],
        in root: String, given: GivenClassNames?, owners: OwnerTable?, _ report: inout ReadingReport
    ) throws(DataError) {
        self.folders = folders
        self.all = all
        self.domains = domains
        self.owners = owners
        areAll = wanted == nil
        names = try ClassNames.resolve(folders, of: all, in: root, given: given, &report)
    }

    /// Loads a set that has a test set.
    ///
    /// - Parameters:
    ///   - train: the training images of each domain.
    ///   - test: the test images of each domain.
    /// - Throws: `DataError`.
    func load(
        train: [ImageSplit], test: [ImageSplit], _ options: ImageLoadOptions, _ report: inout ReadingReport
    ) throws(DataError) -> LoadedImages {
        var trainFiles = try listed(train, limit: options.trainPerClass, &report)
        var testFiles = try listed(test, limit: options.testPerClass, &report)
        try assignOwners(
            &trainFiles, &testFiles, in: (train.map(\.folder), test.map(\.folder)), &report)
        try report.leftOut.check(options)
        let trained = try decoded(trainFiles, of: train, options, &report)
        // Not inside the call: the report would be read before it has grown.
        let tested = try decoded(testFiles, of: test, options, &report)
        return report.loaded(train: trained, test: tested)
    }

    /// Gives the files their owners, where a file says whose they are.
    ///
    /// - Parameter places: where the training and the test images of each domain are.
    /// - Throws: as `OwnerTable.assign`; `DataError.classWithoutImages` where no training image of a class
    ///   has an owner.
    func assignOwners(
        _ train: inout LabelledFiles, _ test: inout LabelledFiles,
        in places: (train: [String], test: [String]), _ report: inout ReadingReport
    ) throws(DataError) {
        guard let owners else { return }
        try owners.assign(train: &train, test: &test, places: places, &report)
        var counts = [[Int]](repeating: [Int](repeating: 0, count: folders.count), count: domains.count)
        for (label, domain) in zip(train.labels, train.domains) { counts[Int(domain)][Int(label)] += 1 }
        for (domain, classCounts) in zip(domains, counts) {
            guard let label = classCounts.firstIndex(of: 0) else { continue }
            throw .classWithoutImages(
                path: owners.file.path, name: folders[label],
                seen: "none of its rows names one of the training images"
                    + (domains.count > 1 ? " in the domain '\(domain)'" : ""))
        }
    }

    /// Decodes the files of one split, and checks that every domain has an image of every class.
    ///
    /// - Throws: `DataError`.
    func decoded(
        _ files: LabelledFiles, of places: [ImageSplit], _ options: ImageLoadOptions,
        _ report: inout ReadingReport
    ) throws(DataError) -> ImageSet {
        let images = try files.decoded(
            options, classNames: names, domainNames: domains, skipped: &report.skipped
        ) { path in places.lazy.compactMap { $0.origin(of: path) }.first }
        for (domain, place) in places.enumerated() {
            try place.requireImages(of: folders, images, domain: domain, report.skipped)
        }
        return images
    }

    private func listed(
        _ places: [ImageSplit], limit: Int?, _ report: inout ReadingReport
    ) throws(DataError) -> LabelledFiles {
        var files = LabelledFiles()
        for (domain, place) in places.enumerated() {
            if areAll, case .folders(let listing) = place { try listing.requireSame(folders) }
            try place.append(folders, all: all, limit: limit, domain: domain, to: &files, &report)
        }
        return files
    }
}
