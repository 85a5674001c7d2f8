extension ImageFolder {
    /// Loads the images that a CSV file lists with their classes and owners, as FedScale's.
    ///
    /// Test images are those of a file of their own; those of the rows below a folder of tests; those of the
    /// folder as without a list; or a fraction of each class, which is drawn.
    ///
    /// - Throws: `DataError`.
    func load(
        listedIn file: OwnerFile, _ options: ImageLoadOptions, _ report: inout ReadingReport
    ) throws -> LoadedImages {
        let testNames = Self.testNames + Self.validationNames
        func inner(_ names: [String]) -> String? { names.first { DataFiles.isFolder("\(path)/\($0)") } }
        let table = try OwnerTable(
            file, of: path, root: path, inner: (inner(Self.trainNames), inner(testNames)))
        var train = try table.list(in: path), isDrawn = false
        let test: ImageSplit
        if let tested = table.test.first {
            test = .named(try tested.list(in: path), base: path)
        } else if let folder = testNames.first(where: { name in
            train.files.contains { $0.hasPrefix(name + "/") }
        }) {
            let list = train.keeping { $0.hasPrefix(folder + "/") }
            for other in testNames where other != folder {
                guard train.files.contains(where: { $0.hasPrefix(other + "/") }) else { continue }
                report.notices.append(.twoTests("\(path)/\(folder)", instead: "\(path)/\(other)"))
            }
            train = train.keeping { image in !testNames.contains { image.hasPrefix($0 + "/") } }
            test = .named(list, base: path)
        } else if let split = try own(test: train.classNames, &report) {
            test = split
        } else {
            (train, test) = try drawn(from: train, &report)
            isDrawn = true
        }
        if let testFraction, !isDrawn {
            report.notices.append(.unusedFraction(testFraction, instead: test.place))
        }
        let known = Set(train.classNames)
        if let stranger = test.list?.classNames.first(where: { !known.contains($0) }) {
            throw DataError.classMismatch(
                path: file.test?.path ?? file.path, missing: [], unexpected: [stranger])
        }
        let missing = (classes ?? []).filter { !known.contains($0) }
        guard missing.isEmpty else { throw DataError.unknownClasses(path: file.path, names: missing) }
        let folders = classes ?? train.classNames
        guard folders.count >= 2 else { throw DataError.tooFewClasses(path: file.path, found: folders) }
        guard folders.count <= ClassFolders.limit else {
            throw DataError.tooManyClasses(path: file.path, found: folders.count, limit: ClassFolders.limit)
        }
        let taken = try TakenClasses(
            folders, of: train.classNames, wanted: classes, in: path, given: names, owners: table, &report)
        return try taken.load(train: [.named(train, base: path)], test: [test], options, &report)
    }

    /// The test set of the folder itself; nil where it has none.
    private func own(test classes: [String], _ report: inout ReadingReport) throws(DataError) -> ImageSplit? {
        do throws(DataError) { return try ImageSplit.test(in: path, classes: classes, &report) } catch {
            switch error {
            case .missingEntry, .unlabelled: return nil
            default: throw error
            }
        }
    }

    /// Draws a fraction of each class of a list for tests.
    private func drawn(
        from list: DomainList, _ report: inout ReadingReport
    ) throws(DataError) -> (train: DomainList, test: ImageSplit) {
        let split = OwnSplit(fraction: testFraction)
        var tested: Set<String> = []
        for name in list.classNames {
            tested.formUnion(try split.split(list.images[name] ?? [], of: list.path, stream: name).test)
        }
        let (train, test) = (list.keeping { !tested.contains($0) }, list.keeping(tested.contains))
        report.notices.append(
            .ownSplit(
                list.path, fraction: split.fraction, train: train.files.count, test: test.files.count))
        return (train, .named(test, base: path))
    }
}

extension ImageSplit {
    /// The list of the images; nil for class folders.
    fileprivate var list: DomainList? { if case .named(let list, _) = self { list } else { nil } }
}

extension DomainList {
    /// The images that `isKept` holds for; classes without images are gone.
    func keeping(_ isKept: (String) -> Bool) -> DomainList {
        let left = images.mapValues { $0.filter(isKept) }.filter { !$0.value.isEmpty }
        return DomainList(
            path: path, classNames: classNames.filter { left[$0] != nil }, images: left, lines: lines)
    }
}
