/// Where the training or test images of a domain are, and how they are labelled.
enum ImageSplit {
    /// A folder per class.
    case folders(ClassFolders)
    /// Files in this folder, with a list of their labels.
    case labelled(String, LabelList)
    /// The images that a list of a domain names, relative to the folder `base`.
    case named(DomainList, base: String)

    /// The folder or list of the images.
    var place: String {
        switch self {
        case .folders(let listing): listing.path
        case .labelled(let place, _): place
        case .named(let list, _): list.path
        }
    }

    /// The folder that the images' paths are relative to.
    var folder: String {
        switch self {
        case .folders(let listing): listing.path
        case .labelled(let place, _): place
        case .named(_, let base): base
        }
    }

    /// The list and line, `list.txt:3`, that name the file `path`; nil where no list names it.
    func origin(of path: String) -> String? {
        guard case .named(let list, let base) = self, path.hasPrefix(base + "/") else { return nil }
        return list.lines[String(path.dropFirst(base.count + 1))].map { "\(list.path):\($0)" }
    }

    /// The test set in `root`: `test` where it has labels, otherwise `val`. A folder has labels where it has
    /// a class of the training set or a list.
    ///
    /// - Parameter classes: the class folders of the training set.
    /// - Throws: `DataError.missingEntry` where there is neither, `DataError.unlabelled` where neither has
    ///   labels.
    static func test(
        in root: String, classes: [String], _ report: inout ReadingReport
    ) throws(DataError) -> ImageSplit {
        let classes = Set(classes)
        let test = DataFiles.first(ImageFolder.testNames, in: root)
        let validation = DataFiles.first(ImageFolder.validationNames, in: root)
        if let test, let split = try withLabels(test, in: root, classes) {
            if let validation { report.notices.append(.twoTests(test, instead: validation)) }
            return split
        }
        if let validation, let split = try withLabels(validation, in: root, classes) {
            if let test { report.notices.append(.unlabelledTest(test, instead: validation)) }
            return split
        }
        let places = [test, validation].compactMap { $0 }
        guard let place = places.first else {
            let names = ImageFolder.testNames + ImageFolder.validationNames
            let file = names.map { "\(root)/\($0)" }.first(where: DataFiles.isFile)
            if let file { throw DataError.missingFolder(path: file) }
            throw try DataFiles.missing(["test", "val"], in: root)
        }
        // One folder of another name holds the unlabelled images, as `test/images` of Tiny ImageNet; several
        // are taken for classes that differ from those of the training set, which is an error of its own.
        for place in places {
            let listing = try ClassFolders(place)
            if listing.names.count > 1 { return .folders(listing) }
        }
        throw .unlabelled(path: place)
    }

    /// The images of a folder with their labels; nil where it has none.
    private static func withLabels(
        _ place: String, in root: String, _ classes: Set<String>
    ) throws(DataError) -> ImageSplit? {
        let listing = try ClassFolders(place)
        if listing.names.contains(where: classes.contains) { return .folders(listing) }
        return try LabelList.find(for: place, in: root).map { .labelled(place, $0) }
    }

    /// Adds the files of the classes `folders`, at most `limit` of each.
    ///
    /// - Throws: as `ClassFolders.append`; `DataError.malformed` for a list with a class that is none of
    ///   `all`; `DataError.classWithoutImages` for a list without a class.
    func append(
        _ folders: [String], all: [String], limit: Int?, domain: Int, to files: inout LabelledFiles,
        _ report: inout ReadingReport
    ) throws(DataError) {
        switch self {
        case .folders(let listing):
            try ImageListing.noteStrays(in: listing.path, &report.leftOut)
            try listing.append(folders, limit: limit, domain: domain, to: &files, &report.leftOut)
        case .labelled(let place, let list):
            let known = Set(all)
            if let stranger = list.entries.first(where: { !known.contains($0.className) }) {
                throw .malformed(
                    path: list.path, line: stranger.line,
                    reason: "'\(stranger.className.prefix(60))' is no class folder of the training set")
            }
            try list.append(folders, in: place, limit: limit, domain: domain, to: &files, &report)
        case .named(let list, let base):
            for (label, name) in folders.enumerated() {
                guard let images = list.images[name] else {
                    throw .classWithoutImages(path: list.path, name: name)
                }
                for image in images.prefix(limit ?? images.count) {
                    files.append("\(base)/\(image)", label: label, domain: domain)
                }
            }
        }
    }

    /// Throws `DataError.emptyClass` or `DataError.classWithoutImages` when no image of a class could be
    /// decoded.
    ///
    /// - Parameter skipped: the files that could not be decoded, of all classes.
    func requireImages(
        of folders: [String], _ images: ImageSet, domain: Int, _ skipped: SkippedFiles
    ) throws(DataError) {
        guard let label = images.labelWithoutImages(inDomain: domain) else { return }
        let seen = skipped.count > 0 ? "\(skipped)" : nil
        switch self {
        case .folders(let listing):
            throw .emptyClass(path: "\(listing.path)/\(folders[label])", seen: seen)
        case .labelled(_, let list):
            throw .classWithoutImages(path: list.path, name: folders[label], seen: seen)
        case .named(let list, _):
            throw .classWithoutImages(path: list.path, name: folders[label], seen: seen)
        }
    }
}
