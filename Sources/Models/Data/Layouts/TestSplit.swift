/// Where the test images of a set of class folders are, and how they are labelled.
enum TestSplit {
    /// A folder per class in this folder.
    case folders(String)
    /// Files in this folder, with a list of their labels.
    case listed(String, LabelList)

    /// The folder of the images.
    var place: String {
        switch self {
        case .folders(let place), .listed(let place, _): place
        }
    }

    /// The test set in `root`: `test` where it has labels, otherwise `val`. A folder has labels where it has a class
    /// of the training set or a list.
    ///
    /// - Parameter classes: the class folders of the training set.
    /// - Throws: `DataError.missingEntry` where there is neither, `DataError.unlabelled` where neither has labels.
    static func find(
        in root: String, classes: Set<String>, _ report: inout ReadingReport
    ) throws(DataError) -> TestSplit {
        let test = ImageFolder.first(ImageFolder.testNames, in: root)
        let validation = ImageFolder.first(ImageFolder.validationNames, in: root)
        if let test, let split = try labelled(test, in: root, classes) {
            if let validation { report.notices.append(.twoTests(test, instead: validation)) }
            return split
        }
        if let validation, let split = try labelled(validation, in: root, classes) {
            if let test { report.notices.append(.unlabelledTest(test, instead: validation)) }
            return split
        }
        let places = [test, validation].compactMap { $0 }
        guard let place = places.first else { throw try DataFiles.missing(["test", "val"], in: root) }
        // One folder of another name holds the unlabelled images, as `test/images` of Tiny ImageNet; several are
        // taken for classes that differ from those of the training set, which is an error of its own.
        for place in places where try DataFiles.folders(in: place).count > 1 { return .folders(place) }
        throw .unlabelled(path: place)
    }

    /// The labels of a folder's images; nil where it has none.
    private static func labelled(
        _ place: String, in root: String, _ classes: Set<String>
    ) throws(DataError) -> TestSplit? {
        let folders = try DataFiles.folders(in: place)
        if folders.contains(where: classes.contains) { return .folders(place) }
        return try LabelList.find(for: place, in: root).map { .listed(place, $0) }
    }

    /// Adds the files of the classes `folders`, at most `limit` of each.
    ///
    /// - Throws: as `ClassFolders.append`; `DataError.malformed` for a list with a class that is none of `all`.
    func append(
        _ folders: [String], all: [String], limit: Int?, domain: Int = 0, to files: inout LabelledFiles,
        _ report: inout ReadingReport
    ) throws(DataError) {
        switch self {
        case .folders(let place):
            try ImageListing.noteStrays(in: place, &report.leftOut)
            try ClassFolders.append(
                folders, in: place, limit: limit, domain: domain, to: &files, &report.leftOut)
        case .listed(let place, let list):
            let known = Set(all)
            if let stranger = list.entries.first(where: { !known.contains($0.className) }) {
                throw .malformed(
                    path: list.path, line: stranger.line,
                    reason: "'\(stranger.className.prefix(60))' is no class folder of the training set")
            }
            try list.append(folders, in: place, limit: limit, domain: domain, to: &files, &report)
        }
    }

    /// Throws `DataError.emptyClass` or `DataError.classWithoutImages` when no image of a class could be decoded.
    func requireImages(of folders: [String], _ images: ImageSet, domain: Int = 0) throws(DataError) {
        switch self {
        case .folders(let place):
            try ClassFolders.requireImages(of: folders, in: place, images, domain: domain)
        case .listed(_, let list):
            if let label = ClassFolders.labelWithoutImages(images, domain: domain) {
                throw .classWithoutImages(path: list.path, name: folders[label])
            }
        }
    }
}
