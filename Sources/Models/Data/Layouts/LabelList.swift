/// A list of the labels of images that stand in one folder without class folders.
struct LabelList {
    /// One line.
    struct Entry {
        /// The image's file name, or the part before its ending.
        let file: String
        /// The class folder of the training set.
        let className: String
        /// The number of the line, from 1.
        let line: Int
    }

    /// Where the list was read from.
    let path: String
    /// The lines, each file once.
    let entries: [Entry]
    /// Whether files are named without their endings.
    let hasNoEndings: Bool

    /// The list for the images in `place`: Tiny ImageNet's `val_annotations.txt` in `place`, or ImageNet's
    /// `LOC_val_solution.csv` in `root` or up to three folders above it, where its archive has it.
    ///
    /// - Throws: `DataError`.
    static func find(for place: String, in root: String) throws(DataError) -> LabelList? {
        let annotations = "\(place)/val_annotations.txt"
        if DataFiles.isFile(annotations) {
            return try LabelList(annotations, separator: "\t", hasNoEndings: false)
        }
        let name = "LOC_val_solution.csv"
        // It labels the validation images alone.
        guard ImageFolder.validationNames.contains(where: { place == "\(root)/\($0)" }) else { return nil }
        let solution = ["", "/..", "/../..", "/../../.."].map { "\(root)\($0)/\(name)" }.first(
            where: DataFiles.isFile)
        return try solution.map { file throws(DataError) in
            try LabelList(file, separator: ",", hasNoEndings: true, header: "ImageId")
        }
    }

    /// Reads lines of a file name, a separator, a class and, behind a blank or separator, boxes.
    ///
    /// - Throws: `DataError`, for a file of two classes too.
    private init(
        _ path: String, separator: Character, hasNoEndings: Bool, header: String? = nil
    ) throws(DataError) {
        var entries: [Entry] = [], places: [String: Int] = [:]
        for (index, line) in try DataFiles.lines(path).enumerated() where !line.allSatisfy(\.isWhitespace) {
            if index == 0, let header, line.hasPrefix(header) { continue }
            let parts = line.split(separator: separator, maxSplits: 1, omittingEmptySubsequences: false)
            let className = parts.count == 2 ? parts[1].prefix { !$0.isWhitespace && $0 != separator } : ""
            guard !parts[0].isEmpty, !className.isEmpty else {
                throw .malformed(
                    path: path, line: index + 1, reason: "'\(line.prefix(80))' is no file name with a class")
            }
            let entry = Entry(file: String(parts[0]), className: String(className), line: index + 1)
            if let place = places[entry.file] {
                let other = entries[place]
                guard other.className == entry.className else {
                    throw .malformed(
                        path: path, line: entry.line,
                        reason: "'\(entry.file)' is of class '\(entry.className)' here and of "
                            + "'\(other.className)' in line \(other.line); allowed: one class")
                }
                continue
            }
            places[entry.file] = entries.count
            entries.append(entry)
        }
        self.path = path
        self.entries = entries
        self.hasNoEndings = hasNoEndings
    }

    /// Adds the files of the classes `folders`, at most `limit` of each, in byte order.
    func append(
        _ folders: [String], in place: String, limit: Int?, domain: Int = 0, to files: inout LabelledFiles,
        _ report: inout ReadingReport
    ) throws(DataError) {
        var classOf = Dictionary(
            entries.map { ($0.file, $0.className) }, uniquingKeysWith: { first, _ in first })
        let labelOf = Dictionary(
            folders.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        var paths = [[String]](repeating: [], count: folders.count)
        for image in try ImageListing.images(in: place, &report.leftOut) {
            var name = image[(image.lastIndex(of: "/").map(image.index(after:)) ?? image.startIndex)...]
            if hasNoEndings, let dot = name.lastIndex(of: ".") { name = name[..<dot] }
            guard let className = classOf.removeValue(forKey: String(name)) else {
                report.leftOut.add(.unlabelled, "\(place)/\(image)")
                continue
            }
            if let label = labelOf[className] { paths[label].append("\(place)/\(image)") }
        }
        let missing = entries.filter { classOf[$0.file] != nil }
        if let first = missing.first {
            report.notices.append(.missingFiles(path, count: missing.count, example: first.file))
        }
        for (label, images) in paths.enumerated() {
            guard !images.isEmpty else { throw .classWithoutImages(path: path, name: folders[label]) }
            for image in images.prefix(limit ?? images.count) {
                files.append(image, label: label, domain: domain)
            }
        }
    }
}
