/// Real photos in a folder per class: `path/train/<class>/…` and `path/test/<class>/…` or
/// `path/val/<class>/…`.
///
/// Classes are the folder names of `train` in byte order; a WordNet id is replaced by its name in
/// prompts (`ImageFolderClassNames`). Files are those with a `.jpg`, `.jpeg` or `.png` name, in byte order;
/// their format is told from their content. Other files are ignored.
public struct ImageFolder: LabelledImageSource {
    /// The folder that holds `train` and `test` or `val`.
    public let path: String
    /// The class folders to take, in this order; nil takes all.
    public let classes: [String]?

    /// Makes a source; nothing is read before `load(_:)`.
    public init(path: String, classes: [String]? = nil) {
        self.path = path
        self.classes = classes
    }

    /// Decodes all images.
    ///
    /// - Throws: `DataError` when the folder, a split or a class is missing or empty, when there are fewer
    ///   than two classes, when test and training classes differ, and in strict mode when a file cannot be
    ///   decoded.
    public func load(_ options: ImageLoadOptions) throws -> LoadedImages {
        let trainPath = try DataFiles.firstEntry(of: ["train"], in: path)
        let testPath = try DataFiles.firstEntry(of: ["test", "val"], in: path)
        let folders = try ClassFolders.chosen(classes, in: trainPath)
        if classes == nil { try ClassFolders.requireSame(folders, in: testPath) }
        let names = ImageFolderClassNames.names(forFolders: folders)

        var skipped = SkippedFiles()
        let train = try decoded(
            folders, in: trainPath, names, limit: options.trainPerClass, options, &skipped)
        let test = try decoded(folders, in: testPath, names, limit: options.testPerClass, options, &skipped)
        return LoadedImages(train: train, test: test, skipped: skipped)
    }

    private func decoded(
        _ folders: [String], in split: String, _ names: [String], limit: Int?, _ options: ImageLoadOptions,
        _ skipped: inout SkippedFiles
    ) throws -> ImageSet {
        var files = LabelledFiles()
        try ClassFolders.append(folders, in: split, limit: limit, to: &files)
        let images = try files.decoded(options, classNames: names, skipped: &skipped)
        try ClassFolders.requireImages(of: folders, in: split, images)
        return images
    }
}

/// Class folders inside one split of a data set.
enum ClassFolders {
    /// The folders `wanted`, or all folders of `split` in byte order.
    ///
    /// - Throws: `DataError` when a wanted folder is missing or fewer than two classes are left.
    static func chosen(_ wanted: [String]?, in split: String) throws(DataError) -> [String] {
        let present = try DataFiles.folders(in: split)
        if let wanted {
            let missing = wanted.filter { !present.contains($0) }
            guard missing.isEmpty else { throw .unknownClasses(path: split, names: missing) }
        }
        let folders = wanted ?? present
        guard folders.count >= 2 else { throw .tooFewClasses(path: split, found: folders) }
        return folders
    }

    /// Throws `DataError.classMismatch` unless the folders of `split` are `folders`.
    static func requireSame(_ folders: [String], in split: String) throws(DataError) {
        let present = try DataFiles.folders(in: split)
        guard present != folders else { return }
        throw .classMismatch(
            path: split, missing: folders.filter { !present.contains($0) },
            unexpected: present.filter { !folders.contains($0) })
    }

    /// Adds the image files of the class folders of `split`, at most `limit` per class.
    ///
    /// - Throws: `DataError.emptyClass` when a class has no file with the name of an image.
    static func append(
        _ folders: [String], in split: String, limit: Int?, domain: Int = 0, to files: inout LabelledFiles
    ) throws(DataError) {
        for (label, folder) in folders.enumerated() {
            let names = try DataFiles.names(in: "\(split)/\(folder)").filter(isImageName)
            guard !names.isEmpty else { throw .emptyClass(path: "\(split)/\(folder)") }
            for name in names.prefix(limit ?? names.count) {
                files.append("\(split)/\(folder)/\(name)", label: label, domain: domain)
            }
        }
    }

    /// Throws `DataError.emptyClass` when no file of a class could be decoded.
    static func requireImages(
        of folders: [String], in split: String, _ images: ImageSet, domain: Int = 0
    ) throws(DataError) {
        if let label = labelWithoutImages(images, domain: domain) {
            throw .emptyClass(path: "\(split)/\(folders[label])")
        }
    }

    /// The first class of which `images` holds no image of `domain`.
    static func labelWithoutImages(_ images: ImageSet, domain: Int) -> Int? {
        var counts = [Int](repeating: 0, count: images.classNames.count)
        for (label, owner) in zip(images.labels, images.domains) where Int(owner) == domain {
            counts[Int(label)] += 1
        }
        return counts.firstIndex(of: 0)
    }

    private static func isImageName(_ name: String) -> Bool {
        let lowercase = name.lowercased()
        return [".jpg", ".jpeg", ".png"].contains { lowercase.hasSuffix($0) }
    }
}
