/// The data set that a folder holds instead of the one that is looked for.
enum OtherSet {
    /// The error for a folder in which none of `names` stands: which set it holds, where that can be told.
    ///
    /// - Parameter set: the value of `data.set` that was looked for.
    /// - Throws: `DataError` where the folder cannot be read, or holds an archive.
    static func missing(_ names: [String], in path: String, for set: String) throws(DataError) -> DataError {
        for isTen in [true, false] {
            let use = isTen ? "cifar10" : "cifar100"
            guard use != set, let other = CIFARArchive.find(in: path, isTen: isTen) else { continue }
            return .wrongSet(path: other.folder, found: isTen ? "CIFAR-10" : "CIFAR-100", use: use)
        }
        if set != "idx", try DataFiles.names(in: path).contains(where: { $0.contains("train-images") }) {
            return .wrongSet(path: path, found: "a set of the MNIST family", use: "idx")
        }
        if set != "image-folder", let train = ImageFolder.first(ImageFolder.trainNames, in: path),
            DataFiles.isFolder(train)
        {
            return .wrongSet(path: path, found: "a folder of classes", use: "image-folder")
        }
        return try DataFiles.missing(names, in: path)
    }
}
