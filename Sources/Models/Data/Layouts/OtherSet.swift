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
        return try DataFiles.missing(names, in: path)
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
