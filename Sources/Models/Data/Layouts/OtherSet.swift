/// The data set that a folder holds instead of the one that is looked for.
enum OtherSet {
    /// The error for a folder in which none of `names` stands: which set it holds, where that can be told.
    ///
    /// - Parameter set: the value of `data.set` that was looked for.
    /// - Throws: `DataError` where the folder cannot be read, or holds an archive.
    static func missing(_ names: [String], in path: String, for set: String) throws(DataError) -> DataError {
        for (variant, use, found) in [
            (CIFARBatches.Variant.ten, "cifar10", "CIFAR-10"), (.hundred, "cifar100", "CIFAR-100"),
        ] where use != set {
            guard let other = CIFARArchive.find(in: path, variant) else { continue }
            return .wrongSet(path: other.folder, found: found, use: use)
        }
        if set != "idx", try DataFiles.names(in: path).contains(where: { $0.contains("train-images") }) {
            return .wrongSet(path: path, found: "a set of the MNIST family", use: "idx")
        }
        if set != "image-folder", let other = folderOfClasses(path) { return other }
        if try holdsDomains(path) {
            return .wrongSet(path: path, found: "a folder of folders of classes", use: "domains")
        }
        if set == "image-folder" {
            for content in [FolderContent.classFolders, .domains] {
                let places = try places(in: path, holding: content)
                if !places.isEmpty { return .below(path: path, content: content, places: places) }
            }
        }
        return try DataFiles.missing(names, in: path)
    }

    /// The error for a folder in which something stands beside domains, or instead of them: where they are,
    /// or class folders; nil where neither is found.
    static func missingDomains(in path: String) throws(DataError) -> DataError? {
        let domains = try places(in: path, holding: .domains)
        if !domains.isEmpty { return .below(path: path, content: .domains, places: domains) }
        let places = try places(in: path, holding: .classFolders)
        if places.count == 1 { return .classesNotDomains(path: places[0]) }
        // Where they are in `path` itself, these are the domains.
        let areDeeper = places.contains { $0.dropFirst(path.count + 1).contains("/") }
        return areDeeper ? .below(path: path, content: .classFolders, places: places) : nil
    }

    /// The folders in `path` that hold `content`, themselves or where single folders lead to.
    private static func places(
        in path: String, holding content: FolderContent
    ) throws(DataError) -> [String] {
        var places: [String] = []
        for folder in try DataFiles.folders(in: path) {
            let place = "\(path)/\(folder)"
            switch content {
            case .domains: if try holdsDomains(place) { places.append(place) }
            case .classFolders:
                let end = try DataFiles.descended(place) { inner throws(DataError) in
                    try ClassFolders.areIn(inner)
                }
                // A single folder of images, as of those to be predicted, is no set of classes.
                let hasSeveral = try DataFiles.folders(in: end).count > 1
                if hasSeveral, try ClassFolders.areIn(end) { places.append(end) }
            }
        }
        return places
    }

    /// Whether two or more folders of `path`, or of the folder that single folders lead to, hold class
    /// folders and are no splits by their names, as those of Office-Home.
    private static func holdsDomains(_ path: String) throws(DataError) -> Bool {
        let place = try DataFiles.descended(path) { place throws(DataError) in
            try DataFiles.folders(in: place).count != 1
        }
        let folders = try DataFiles.folders(in: place)
        let splits = ["train", "test", "val"]
        let hasSplits = folders.contains { folder in
            splits.contains { folder.lowercased().contains($0) }
        }
        if hasSplits { return false }
        var count = 0
        for folder in folders where count < 2 {
            if try isDomain("\(place)/\(folder)") { count += 1 }
        }
        return count == 2
    }

    /// Whether a folder holds class folders, itself or in `train` or `images`, as `DomainFolders` reads them.
    private static func isDomain(_ path: String) throws(DataError) -> Bool {
        if try ClassFolders.areIn(path) { return true }
        for name in ImageFolder.trainNames + ["images"] where DataFiles.isFolder("\(path)/\(name)") {
            if try ClassFolders.areIn("\(path)/\(name)") { return true }
        }
        return false
    }

    /// The error for a folder that holds class folders in `train`; nil where it does not.
    static func folderOfClasses(_ path: String) -> DataError? {
        guard let train = DataFiles.first(ImageFolder.trainNames, in: path), DataFiles.isFolder(train) else {
            return nil
        }
        return .wrongSet(path: path, found: "a folder of classes", use: "image-folder")
    }
}
