/// The lists of images of a set of domains: DomainNet's `<domain>_train.txt` and `<domain>_test.txt`, or
/// PACS's `<domain>_train_kfold.txt` and `<domain>_crossval_kfold.txt`.
///
/// PACS's `<domain>_test_kfold.txt` lists all images of a domain, those of the other two lists too, because
/// its protocol tests on a domain that was not trained on. Where every domain is trained on, the images that
/// are left for a test are those of `crossval`.
struct DomainLists {
    /// Names of the domains, in byte order.
    let domains: [String]
    /// The folder that the lists' paths are relative to.
    let base: String
    /// The training images of each domain.
    let train: [DomainList]
    /// The test images of each domain.
    let test: [DomainList]

    private static let suffix = "_train.txt"
    private static let kfoldSuffix = "_train_kfold.txt"
    private static let pacsFolders = [
        "splits", "lists", "image_list", "pacs_label", "Train val splits and h5py files pre-read",
        "../splits", "../lists", "../image_list", "../pacs_label",
        "../Train val splits and h5py files pre-read",
    ]

    /// The lists in the folder `path` or, of PACS's kind, in one beside it; nil where there are none.
    ///
    /// - Throws: `DataError`.
    static func find(in path: String, _ report: inout ReadingReport) throws(DataError) -> DomainLists? {
        var known: [String: [String]] = [:]
        func domains(_ suffix: String, in folder: String) throws(DataError) -> [String] {
            let names: [String]
            if let listed = known[folder] { names = listed } else { names = try DataFiles.names(in: folder) }
            known[folder] = names
            return names.filter { $0.hasSuffix(suffix) && $0.count > suffix.count }
                .map { String($0.dropLast(suffix.count)) }
        }
        for folder in [path, path + "/splits"] where DataFiles.isFolder(folder) || folder == path {
            let domains = try domains(suffix, in: folder)
            if !domains.isEmpty { return try domainNet(domains, in: folder, path, &report) }
        }
        for folder in [path] + pacsFolders.map({ "\(path)/\($0)" }) where DataFiles.isFolder(folder) {
            let domains = try domains(kfoldSuffix, in: folder)
            if !domains.isEmpty { return try pacs(domains, in: folder, path, &report) }
        }
        return nil
    }

    /// One list of each domain.
    private static func lists(
        of domains: [String], _ suffix: String, in folder: String, _ report: inout ReadingReport
    ) throws(DataError) -> [DomainList] {
        var lists: [DomainList] = []
        for domain in domains {
            let list = try DomainList(path: "\(folder)/\(domain)\(suffix)")
            if let repeats = list.repeats {
                report.notices.append(.repeats(list.path, count: repeats.count, example: repeats.example))
            }
            lists.append(list)
        }
        return lists
    }

    private static func domainNet(
        _ domains: [String], in folder: String, _ path: String, _ report: inout ReadingReport
    ) throws(DataError) -> DomainLists {
        let train = try lists(of: domains, suffix, in: folder, &report)
        let test = try lists(of: domains, "_test.txt", in: folder, &report)
        noteOverlap(train, test, &report)
        let base = base(of: train[0], path, [path, path + "/images"])
        return DomainLists(domains: domains, base: base, train: train, test: test)
    }

    private static func pacs(
        _ domains: [String], in folder: String, _ path: String, _ report: inout ReadingReport
    ) throws(DataError) -> DomainLists {
        let train = try lists(of: domains, kfoldSuffix, in: folder, &report)
        let hasHeldOut = domains.allSatisfy { DataFiles.isFile("\(folder)/\($0)_crossval_kfold.txt") }
        let test =
            hasHeldOut
            ? try lists(of: domains, "_crossval_kfold.txt", in: folder, &report)
            : zip(try lists(of: domains, "_test_kfold.txt", in: folder, &report), train)
                .map { $0.without($1) }
        report.notices.append(
            .kfold(
                folder,
                test: hasHeldOut ? "*_crossval_kfold.txt" : "*_test_kfold.txt without the training images"))
        noteOverlap(train, test, &report)
        let base = base(
            of: train[0], path,
            [path] + ["kfold", "images", "pacs_data", "Raw images/kfold"].map { "\(path)/\($0)" })
        return DomainLists(domains: domains, base: base, train: train, test: test)
    }

    private static func noteOverlap(
        _ train: [DomainList], _ test: [DomainList], _ report: inout ReadingReport
    ) {
        for (trained, tested) in zip(train, test) {
            let known = Set(trained.files)
            let both = tested.files.filter(known.contains)
            if let first = both.first {
                report.notices.append(.overlap(trained.path, tested.path, count: both.count, example: first))
            }
        }
    }

    /// The first of some folders in which an early image of a list stands: the first one may be missing.
    private static func base(of list: DomainList, _ path: String, _ candidates: [String]) -> String {
        for image in list.files.prefix(100) {
            if let base = candidates.first(where: { DataFiles.exists("\($0)/\(image)") }) { return base }
        }
        return path
    }
}

/// One list file of a domain: a line `relative/path label` per image.
struct DomainList {
    /// Where the list was read from.
    let path: String
    /// Names of the classes in the order of their labels.
    let classNames: [String]
    /// Paths of each class's images, relative to the data set, in the order of the file, each once.
    let images: [String: [String]]
    /// The line of each image, from 1.
    let lines: [String: Int]
    /// How many lines name an image that a line before them names, and the first such image; nil for none.
    let repeats: (count: Int, example: String)?

    /// The paths of all images, class by class.
    var files: [String] { classNames.flatMap { images[$0] ?? [] } }

    /// Reads a list.
    ///
    /// - Throws: `DataError.fileAccess`, or `DataError.malformed` for a line that is not `folder/file label`,
    ///   for a path that leaves the data set, for an image with two labels, and for a label that stands for
    ///   two folders.
    init(path: String) throws(DataError) {
        var names: [Int: String] = [:]
        var labels: [String: Int] = [:]
        var images: [String: [String]] = [:]
        var lines: [String: Int] = [:]
        var repeats: (count: Int, example: String)?
        for (index, whole) in try DataFiles.lines(path).enumerated() where !whole.allSatisfy(\.isWhitespace) {
            func malformed(_ reason: String) -> DataError {
                .malformed(path: path, line: index + 1, reason: reason)
            }
            let line = whole[
                ..<(whole.lastIndex { !$0.isWhitespace }.map(whole.index(after:)) ?? whole.endIndex)]
            guard let space = line.lastIndex(where: { $0 == " " || $0 == "\t" }),
                let label = Int(line[line.index(after: space)...]), label >= 0
            else {
                throw malformed("'\(line.prefix(80))' is not 'folder/file label' with a label of 0 or more")
            }
            // One image has one spelling: "./a/b.png" and "a//b.png" are "a/b.png".
            let parts = line[..<space].split(separator: "/").filter { $0 != "." }
            let image = parts.joined(separator: "/")
            guard !parts.contains(".."), line.first != "/" else {
                throw malformed("'\(line[..<space])' leaves the data set")
            }
            guard parts.count >= 2 else { throw malformed("'\(line[..<space])' stands in no class folder") }
            let name = String(parts[parts.count - 2])
            if let before = lines[image] {
                // Its folder's label is known, for the image has been listed.
                guard let other = labels[name], other != label else {
                    repeats = ((repeats?.count ?? 0) + 1, repeats?.example ?? image)
                    continue
                }
                throw malformed(
                    "'\(image)' has label \(label) here and label \(other) in line \(before); allowed: one "
                        + "label")
            }
            if let other = names.updateValue(name, forKey: label), other != name {
                throw malformed("label \(label) stands for '\(other)' and for '\(name)'")
            }
            if let other = labels.updateValue(label, forKey: name), other != label {
                throw malformed("'\(name)' has label \(other) and label \(label)")
            }
            images[name, default: []].append(image)
            lines[image] = index + 1
        }
        self.path = path
        self.classNames = names.keys.sorted().compactMap { names[$0] }
        self.images = images
        self.lines = lines
        self.repeats = repeats
    }

    /// A list from its parts, without repeats.
    init(path: String, classNames: [String], images: [String: [String]], lines: [String: Int]) {
        self.path = path
        self.classNames = classNames
        self.images = images
        self.lines = lines
        repeats = nil
    }

    /// This list without the images of another one; classes without images are gone.
    func without(_ other: DomainList) -> DomainList {
        let known = Set(other.files)
        return keeping { !known.contains($0) }
    }
}
