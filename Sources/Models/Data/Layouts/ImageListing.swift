/// The images of one class folder.
enum ImageListing {
    /// Endings of the names of files that are decoded; `.jfif` and the like are JPEG files by other names.
    private static let readable: Set<String> = ["jpg", "jpeg", "jpe", "jif", "jfif", "pjpeg", "pjp", "png"]
    /// Endings of images in formats that are not read.
    private static let foreign: Set<String> = [
        "webp", "gif", "bmp", "dib", "tif", "tiff", "heic", "heif", "hif", "avif", "jxl", "jp2", "j2k", "jpf",
        "jpx", "jpm", "apng", "ppm", "pgm", "pbm", "pnm", "pcx", "ico", "tga", "svg", "psd", "exr", "hdr",
        "raw", "dng", "cr2", "cr3", "nef", "arw", "orf", "rw2",
    ]

    /// The paths of the images in `folder`, relative to it and in byte order; what is left out is added to
    /// `leftOut`.
    ///
    /// A class folder of Tiny ImageNet has its images in a sub-folder `images`.
    ///
    /// - Throws: as `FolderEntry.all(in:)`.
    static func images(in folder: String, _ leftOut: inout LeftOutFiles) throws(DataError) -> [String] {
        let entries = try FolderEntry.all(in: folder)
        let inner = entries.contains { $0.name == "images" && $0.kind == .folder }
        var names: [String] = []
        for entry in entries {
            switch reason(of: entry) {
            case nil: names.append(entry.name)
            case .subfolder?:
                if entry.name == "images", inner { continue }
                let count = try imageCount(in: "\(folder)/\(entry.name)")
                leftOut.add(count > 0 ? .subfolder : .other, "\(folder)/\(entry.name)", count: max(count, 1))
            case let reason?: leftOut.add(reason, "\(folder)/\(entry.name)")
            }
        }
        guard inner else { return names }
        if names.isEmpty { return try images(in: folder + "/images", &leftOut).map { "images/\($0)" } }
        let count = try imageCount(in: folder + "/images")
        if count > 0 { leftOut.add(.subfolder, folder + "/images", count: count) }
        return names
    }

    /// The images of the class folder `folder`, as `images(in:_:)`.
    ///
    /// - Throws: `DataError.emptyClass` where it has none, with what it has instead; as `images(in:_:)`.
    static func someImages(in folder: String, _ leftOut: inout LeftOutFiles) throws(DataError) -> [String] {
        var others = LeftOutFiles()
        let images = try images(in: folder, &others)
        guard !images.isEmpty else {
            let groups = others.groups.filter { $0.reason != .leftover }
            throw .emptyClass(path: folder, seen: groups.isEmpty ? nil : LeftOutFiles.sentence(groups))
        }
        leftOut.add(others)
        return images
    }

    /// Adds to `leftOut` what stands beside class folders: images without a class, notes, leftovers.
    static func noteStrays(in folder: String, _ leftOut: inout LeftOutFiles) throws(DataError) {
        for entry in try FolderEntry.all(in: folder) {
            let isLeftover = Leftovers.contains(entry.name)
            if entry.kind == .folder, !isLeftover { continue }
            let reason: LeftOutFiles.Reason =
                isLeftover ? .leftover : isImageName(entry.name) ? .unlabelled : .other
            leftOut.add(reason, "\(folder)/\(entry.name)")
        }
    }

    /// Adds to `leftOut` what other programs have left behind in the folder of a data set.
    static func noteLeftovers(in folder: String, _ leftOut: inout LeftOutFiles) throws(DataError) {
        for entry in try FolderEntry.all(in: folder) where Leftovers.contains(entry.name) {
            leftOut.add(.leftover, "\(folder)/\(entry.name)")
        }
    }

    /// Whether the folder at `path` has a file with the name of an image, of any format.
    static func holdsImages(_ path: String) throws(DataError) -> Bool { try imageCount(in: path) > 0 }

    /// How many files of a folder have the name of an image, of any format.
    private static func imageCount(in path: String) throws(DataError) -> Int {
        try FolderEntry.all(in: path).count { entry in
            entry.kind == .file && !Leftovers.contains(entry.name) && isImageName(entry.name)
        }
    }

    /// Why an entry of a class folder is left out; nil for an image.
    private static func reason(of entry: FolderEntry) -> LeftOutFiles.Reason? {
        if Leftovers.contains(entry.name) { return .leftover }
        let ending = ending(of: entry.name), isImage = isImageName(entry.name)
        switch entry.kind {
        case .folder, .unnamableFolder: return isImage ? .notAFile("a folder") : .subfolder
        case .other(let what): return isImage ? .notAFile(what) : .other
        case .file where readable.contains(ending): return nil
        case .file: return isImage ? .format(".\(ending)") : .other
        }
    }

    /// Whether a name is that of an image, of any format.
    private static func isImageName(_ name: String) -> Bool {
        let ending = ending(of: name)
        return readable.contains(ending) || foreign.contains(ending)
    }

    private static func ending(of name: String) -> String {
        guard let dot = name.lastIndex(of: ".") else { return "" }
        return name[name.index(after: dot)...].lowercased()
    }
}
