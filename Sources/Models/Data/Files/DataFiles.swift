import Core
import Foundation

/// Reading of files and folders with this module's errors.
enum DataFiles {
    /// The largest file that is read, in bytes.
    static let largestFile = 4 << 30
    /// The largest list or other text that is read, in bytes (DomainNet's longest list has 8 MB).
    static let largestText = 64 << 20

    /// The bytes of the regular file at `path`.
    ///
    /// - Throws: `DataError.fileAccess`, and `DataError.malformed` for a file of more than `limit` bytes, or
    ///   a pointer of git-lfs in its place.
    static func read(_ path: String, limit: Int = largestFile) throws(DataError) -> [UInt8] {
        let file = try SizedFile(path)
        try file.refusePointer()
        return try read(file, limit: limit)
    }

    /// The bytes of a file that is open, whatever they are.
    ///
    /// - Throws: `DataError.fileAccess`, and `DataError.malformed` for one of more than `limit` bytes.
    static func read(_ file: SizedFile, limit: Int) throws(DataError) -> [UInt8] {
        let path = file.path
        guard file.size <= limit else {
            throw .malformed(path: path, line: nil, reason: "\(file.size) bytes; at most \(limit) are read")
        }
        return try file.read(file.size)
    }

    /// The lines of the UTF-8 text file at `path`, without their ends (LF or CRLF) and without a byte order
    /// mark.
    ///
    /// - Throws: `DataError.fileAccess` when it cannot be read, `DataError.malformed` when it is not UTF-8.
    static func lines(_ path: String) throws(DataError) -> [Substring] {
        let bytes = try read(path, limit: largestText)
        let text: String
        do throws(UTF8Text.Failure) {
            text = try UTF8Text.text(ofFile: bytes)
        } catch {
            throw .malformed(path: path, line: error.place?.line, reason: error.description)
        }
        return text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
            Substring(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
        }
    }

    /// A path without the slashes at its end.
    static func withoutTrailingSlash(_ path: String) -> String {
        guard let end = path.lastIndex(where: { $0 != "/" }) else { return path }
        return String(path[...end])
    }

    /// Whether `path` is a folder; symbolic links are followed.
    static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    /// Whether something stands at `path`; symbolic links are followed.
    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    /// Whether a file that is no folder stands at `path`; symbolic links are followed.
    static func isFile(_ path: String) -> Bool { exists(path) && !isFolder(path) }

    /// Whether a file that is no folder stands at `path` and this user may read it.
    static func isReadable(_ path: String) -> Bool {
        isFile(path) && FileManager.default.isReadableFile(atPath: path)
    }

    /// Names of the files and folders at `path`, without what other programs leave behind (`Leftovers`),
    /// sorted by their UTF-8 bytes, so that the order does not depend on the file system or the locale.
    ///
    /// - Throws: as `FolderEntry.all(in:)`.
    static func names(in path: String) throws(DataError) -> [String] {
        try FolderEntry.all(in: path).map(\.name).filter { !Leftovers.contains($0) }
    }

    /// Names of the folders in the folder at `path`, as `names(in:)`.
    static func folders(in path: String) throws(DataError) -> [String] {
        let entries = try FolderEntry.all(in: path).filter { !Leftovers.contains($0.name) }
        if let stray = entries.first(where: { $0.kind == .unnamableFolder }) {
            throw .malformed(
                path: "\(path)/\(stray.name)", line: nil,
                reason: "the folder's name is not UTF-8; rename it, as it names a class or a domain")
        }
        return entries.filter { $0.kind == .folder }.map(\.name)
    }

    /// `names` sorted by their UTF-8 bytes.
    static func sorted(_ names: [String]) -> [String] {
        names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Different names in the order of numbers where all are whole numbers, otherwise by their UTF-8 bytes.
    static func numbered(_ names: some Collection<String>) -> [String] {
        let sorted = sorted(Array(names))
        let numbers = sorted.map { name -> Int? in
            name.utf8.allSatisfy { (48...57).contains($0) } ? Int(name) : nil
        }
        guard !numbers.contains(nil) else { return sorted }
        return zip(numbers, sorted.indices).sorted { ($0.0!, $0.1) < ($1.0!, $1.1) }.map { sorted[$0.1] }
    }

    /// The first of `names` that is a folder in the folder `path`, as a path.
    static func first(_ names: [String], in path: String) -> String? {
        names.map { "\(path)/\($0)" }.first(where: isFolder)
    }

    /// The error for a folder in which none of `names` stands.
    static func missing(_ names: [String], in path: String) throws(DataError) -> DataError {
        try refuseArchive(in: path)
        return .missingEntry(path: path, allowed: names)
    }

    /// Throws `DataError.packed` when a folder has no sub-folders but an archive, which is to be unpacked
    /// first.
    static func refuseArchive(in path: String) throws(DataError) {
        guard try folders(in: path).isEmpty else { return }
        let endings = [".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip", ".7z", ".rar"]
        let archive = try names(in: path).first { name in
            let lowercase = name.lowercased()
            return endings.contains { lowercase.hasSuffix($0) }
        }
        if let archive { throw .packed(path: path, archive: archive) }
    }

    /// `path`, or the folder that holds the data where each folder on the way there holds one folder and
    /// nothing else of use, as archives unpack.
    static func descended(_ path: String, until isData: (_ path: String) throws(DataError) -> Bool)
        throws(DataError) -> String
    {
        var place = path
        for _ in 0..<4 {
            if try isData(place) { return place }
            let folders = try folders(in: place)
            guard folders.count == 1 else { return path }
            place += "/" + folders[0]
        }
        return path
    }
}
