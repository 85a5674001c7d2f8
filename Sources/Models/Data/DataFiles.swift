import Foundation

/// Reading of files and folders with this module's errors.
enum DataFiles {
    /// The bytes of the file at `path`.
    ///
    /// - Throws: `DataError.fileAccess`.
    static func read(_ path: String) throws(DataError) -> Data {
        do {
            return try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw .fileAccess(path: path, reason: "cannot be read: \(error.localizedDescription)")
        }
    }

    /// The lines of the UTF-8 text file at `path`, without trailing carriage returns.
    ///
    /// - Throws: `DataError.fileAccess` when it cannot be read, `DataError.malformed` when it is not UTF-8.
    static func lines(_ path: String) throws(DataError) -> [Substring] {
        guard let text = String(data: try read(path), encoding: .utf8) else {
            throw .malformed(path: path, line: nil, reason: "not a text file in UTF-8")
        }
        return text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    }

    /// Whether `path` is a folder; symbolic links are followed.
    static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    /// Whether something stands at `path`; symbolic links are followed.
    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    /// Names in the folder at `path` that do not start with a dot, sorted by their UTF-8 bytes, so that the
    /// order does not depend on the file system or the locale.
    ///
    /// - Throws: `DataError.missingFolder` when `path` is no folder, `DataError.fileAccess` when it cannot be
    ///   read.
    static func names(in path: String) throws(DataError) -> [String] {
        guard isFolder(path) else { throw .missingFolder(path: path) }
        do {
            return sorted(
                try FileManager.default.contentsOfDirectory(atPath: path).filter { !$0.hasPrefix(".") })
        } catch {
            throw .fileAccess(path: path, reason: "cannot be listed: \(error.localizedDescription)")
        }
    }

    /// Names of the folders in the folder at `path`, sorted by their UTF-8 bytes.
    ///
    /// - Throws: as `names(in:)`.
    static func folders(in path: String) throws(DataError) -> [String] {
        try names(in: path).filter { isFolder(path + "/" + $0) }
    }

    /// `names` sorted by their UTF-8 bytes.
    static func sorted(_ names: [String]) -> [String] {
        names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The first of `names` that stands in the folder `path`, as a path.
    ///
    /// - Throws: `DataError.missingFolder` when `path` is no folder, `DataError.missingEntry` when none is
    ///   there.
    static func firstEntry(of names: [String], in path: String) throws(DataError) -> String {
        guard isFolder(path) else { throw .missingFolder(path: path) }
        guard let name = names.first(where: { exists(path + "/" + $0) }) else {
            throw .missingEntry(path: path, allowed: names)
        }
        return path + "/" + name
    }
}
