import Foundation

/// Something that stands in a folder.
struct FolderEntry: Hashable {
    /// What an entry is; symbolic links are followed.
    enum Kind: Hashable {
        case file
        case folder
        /// A folder whose name is no text and cannot be opened by it.
        case unnamableFolder
        /// Neither, in words: "a named pipe", "a link to nothing".
        case other(String)
    }

    /// Its name.
    let name: String
    /// What it is.
    let kind: Kind

    /// The most entries that a folder may have.
    static let limit = 5_000_000

    /// Everything in the folder at `path`, hidden entries too, sorted by the UTF-8 bytes of the names.
    ///
    /// - Throws: `DataError.missingFolder` when `path` is no folder, `DataError.fileAccess` when it cannot be
    ///   read, `DataError.tooManyEntries`.
    static func all(in path: String) throws(DataError) -> [FolderEntry] {
        guard DataFiles.isFolder(path) else { throw .missingFolder(path: path) }
        guard let folder = opendir(path) else {
            throw .fileAccess(path: path, reason: "cannot be listed: \(String(cString: strerror(errno)))")
        }
        defer { closedir(folder) }
        var entries: [FolderEntry] = []
        while true {
            // At the end there is no entry and no error.
            errno = 0
            guard let entry = readdir(folder) else {
                guard errno == 0 else {
                    throw .fileAccess(
                        path: path, reason: "cannot be listed: \(String(cString: strerror(errno)))")
                }
                break
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(
                    to: CChar.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)
                ) {
                    (valid: String(validatingCString: $0), shown: String(cString: $0))
                }
            }
            guard name.shown != ".", name.shown != ".." else { continue }
            guard entries.count < limit else { throw .tooManyEntries(path: path, limit: limit) }
            if let valid = name.valid {
                entries.append(
                    FolderEntry(name: valid, kind: kind(of: path + "/" + valid, entry.pointee.d_type)))
            } else {
                let isFolder = entry.pointee.d_type == UInt8(DT_DIR)
                entries.append(
                    FolderEntry(
                        name: name.shown,
                        kind: isFolder ? .unnamableFolder : .other("a name that is not UTF-8")))
            }
        }
        return entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// What an entry is by the type that the folder notes of it, or where that says too little, by its
    /// status.
    private static func kind(of path: String, _ type: UInt8) -> Kind {
        if type == UInt8(DT_REG) { return .file }
        if type == UInt8(DT_DIR) { return .folder }
        var status = stat()
        guard stat(path, &status) == 0 else {
            return .other(errno == ELOOP ? "a link that leads to itself" : "a link to nothing")
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file
        case S_IFDIR: return .folder
        default: return .other(SizedFile.kind(status.st_mode) ?? "no file")
        }
    }
}

/// Files and folders that other programs leave behind in a data set, which are never part of it.
enum Leftovers {
    private static let names: Set<String> = [
        "__macosx", "@eadir", "#recycle", "$recycle.bin", "system volume information", "lost+found",
        "__pycache__",
        "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r",
    ]

    /// Whether a name is that of a leftover; hidden files and folders are (`.DS_Store`, `._photo.jpg`,
    /// `.ipynb_checkpoints`).
    static func contains(_ name: String) -> Bool { name.hasPrefix(".") || names.contains(name.lowercased()) }
}
