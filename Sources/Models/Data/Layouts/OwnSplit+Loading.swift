extension OwnSplit {
    /// Loads a set without a split of its own.
    ///
    /// - Parameters:
    ///   - taken: the classes.
    ///   - places: the class folders of each domain.
    ///   - root: the data's folder, for the notice.
    ///   - stream: what names the random stream of a class of a domain.
    /// - Throws: `DataError`.
    func load(
        _ taken: TakenClasses, in places: [ClassFolders], of root: String, _ options: ImageLoadOptions,
        _ report: inout ReadingReport, stream: (_ domain: String, _ folder: String) -> String
    ) throws(DataError) -> LoadedImages {
        var train = LabelledFiles()
        var test = LabelledFiles()
        for (domain, place) in places.enumerated() {
            if taken.areAll { try place.requireSame(taken.folders) }
            try ImageListing.noteStrays(in: place.path, &report.leftOut)
            for (label, folder) in place.spelled(taken.folders).enumerated() {
                guard DataFiles.isFolder("\(place.path)/\(folder)") else {
                    throw .unknownClasses(path: place.path, names: [folder])
                }
                try append(
                    "\(place.path)/\(folder)", stream: stream(taken.domains[domain], taken.folders[label]),
                    label: label, domain: domain, options, train: &train, test: &test, &report)
            }
        }
        report.notices.append(
            .ownSplit(root, fraction: fraction, train: train.paths.count, test: test.paths.count))
        try taken.assignOwners(&train, &test, in: (places.map(\.path), []), &report)
        try report.leftOut.check(options)
        let splits = places.map { ImageSplit.folders($0) }
        let trained = try taken.decoded(train, of: splits, options, &report)
        // Not inside the call: the report would be read before it has grown.
        let tested = try taken.decoded(test, of: splits, options, &report)
        return report.loaded(train: trained, test: tested)
    }

    /// Splits the images of a class folder and adds both parts, at most as many of each as `options` take.
    ///
    /// - Throws: `DataError.emptyClass`, `DataError.tooFewToSplit`.
    private func append(
        _ folder: String, stream: String, label: Int, domain: Int, _ options: ImageLoadOptions,
        train: inout LabelledFiles, test: inout LabelledFiles, _ report: inout ReadingReport
    ) throws(DataError) {
        let images = try ImageListing.someImages(in: folder, &report.leftOut)
        let parts = try split(images, of: folder, stream: stream)
        for name in parts.train.prefix(options.trainPerClass ?? .max) {
            train.append("\(folder)/\(name)", label: label, domain: domain)
        }
        for name in parts.test.prefix(options.testPerClass ?? .max) {
            test.append("\(folder)/\(name)", label: label, domain: domain)
        }
    }
}
