/// Where the four files of a set of the MNIST family are.
struct IDXFileNames {
    /// The folder that they are in.
    let folder: String
    /// What their names begin with: "" for MNIST, `emnist-letters-`.
    let prefix: String
    let trainImages: String
    let trainLabels: String
    let testImages: String
    let testLabels: String

    /// Whether this is a set of EMNIST, whose images are transposed.
    var isTransposed: Bool { prefix.hasPrefix("emnist-") }
    /// Whether this is EMNIST's letters, which are labelled from 1.
    var isLetters: Bool { prefix == "emnist-letters-" }

    /// EMNIST's file of the characters that labels stand for, where it is there.
    var mapping: String? {
        let file = "\(folder)/\(prefix)mapping.txt"
        return isTransposed && DataFiles.isFile(file) ? file : nil
    }

    /// Folders in which archives and libraries put the files.
    private static let subfolders = [
        "", "/raw", "/gzip", "/MNIST/raw", "/FashionMNIST/raw", "/KMNIST/raw", "/EMNIST/raw", "/QMNIST/raw",
    ]

    /// The files of the set that `path` names.
    ///
    /// - Throws: `DataError.missingFolder`, `DataError.missingEntry`, `DataError.severalSets`.
    static func find(_ path: String) throws(DataError) -> IDXFileNames {
        if !DataFiles.isFolder(path), let slash = path.lastIndex(of: "/") {
            // The last part may be the beginning of the names.
            let folder = String(path[..<slash]), prefix = String(path[path.index(after: slash)...])
            if DataFiles.isFolder(folder), !prefix.isEmpty,
                try DataFiles.names(in: folder).contains(where: { $0.hasPrefix(prefix + "-train-images") })
            {
                return try IDXFileNames(folder: folder, prefix: prefix + "-")
            }
        }
        guard DataFiles.isFolder(path) else { throw .missingFolder(path: path) }
        var found: [(folder: String, prefixes: [String])] = []
        for folder in subfolders where DataFiles.isFolder(path + folder) {
            let prefixes = try prefixes(in: path + folder)
            if !prefixes.isEmpty { found.append((folder, prefixes)) }
            // What stands in the folder itself is what it was named for.
            if folder.isEmpty, !prefixes.isEmpty { break }
        }
        guard let (folder, prefixes) = found.first else { return try IDXFileNames(folder: path, prefix: "") }
        guard found.count == 1 else {
            throw .severalSets(path: path, prefixes: found.map { String($0.folder.dropFirst()) })
        }
        if prefixes.count > 1, !prefixes.contains("") {
            throw .severalSets(path: path + folder, prefixes: prefixes.map { String($0.dropLast()) })
        }
        return try IDXFileNames(folder: path + folder, prefix: prefixes[0])
    }

    /// What stands before `train-images` in the names of a folder.
    private static func prefixes(in folder: String) throws(DataError) -> [String] {
        var prefixes: [String] = []
        for name in try DataFiles.names(in: folder) {
            guard let range = name.firstRange(of: "train-images") else { continue }
            let prefix = String(name[..<range.lowerBound])
            guard prefix.isEmpty || prefix.hasSuffix("-"), !prefixes.contains(prefix) else { continue }
            prefixes.append(prefix)
        }
        return DataFiles.sorted(prefixes)
    }

    private init(folder: String, prefix: String) throws(DataError) {
        self.folder = folder
        self.prefix = prefix
        func file(_ split: [String], _ kind: String, dimensions: Int) throws(DataError) -> String {
            let stems = split.map { "\(prefix)\($0)-\(kind)" }
            return try Self.file(stems, dimensions: dimensions, in: folder)
        }
        trainImages = try file(["train"], "images", dimensions: 3)
        trainLabels = try file(["train"], "labels", dimensions: 1)
        testImages = try file(["t10k", "test"], "images", dimensions: 3)
        testLabels = try file(["t10k", "test"], "labels", dimensions: 1)
    }

    /// The first of the usual names that stands in the folder: with a minus or a dot, unpacked before packed,
    /// and, as some archives unpack, in a folder of its own name.
    private static func file(
        _ stems: [String], dimensions: Int, in folder: String
    ) throws(DataError) -> String {
        var names = stems.flatMap { stem in ["-", "."].map { "\(stem)\($0)idx\(dimensions)-ubyte" } }
        // QMNIST's labels.
        if dimensions == 1 { names += stems.map { "\($0)-\(IDXLabels.rowsEnding)" } }
        for name in names + names.map({ $0 + ".gz" }) {
            for path in ["\(folder)/\(name)", "\(folder)/\(name)/\(name)"] where DataFiles.isFile(path) {
                return path
            }
        }
        throw try OtherSet.missing([names[0], names[0] + ".gz"], in: folder, for: "idx")
    }
}

/// EMNIST's `…-mapping.txt`: a line of a label and the codes of one or two characters, upper case before
/// lower case.
enum EMNISTMapping {
    /// The first character of each label.
    ///
    /// - Throws: `DataError`.
    static func names(in path: String, labels: Int, offset: Int) throws(DataError) -> [String] {
        var names = (0..<labels).map(String.init)
        for (index, line) in try DataFiles.lines(path).enumerated() where !line.allSatisfy(\.isWhitespace) {
            let numbers = line.split(whereSeparator: \.isWhitespace).map { Int($0) }
            guard numbers.count >= 2, let label = numbers[0], let code = numbers[1],
                (33...126).contains(code),
                label >= 0
            else {
                throw .malformed(
                    path: path, line: index + 1,
                    reason: "'\(line.prefix(40))' is no label with the code of a character")
            }
            if names.indices.contains(label - offset) {
                names[label - offset] = String(Character(UnicodeScalar(UInt8(code))))
            }
        }
        return names
    }
}
