import Core
import Foundation

/// Files that commands write for their users.
enum OutputFile {
    /// Writes a file as a whole, with its folder; what was there before stays until the new one is complete.
    ///
    /// - Throws: `CommandError.cannotWrite`, also where it would replace an SQLite database.
    static func write(_ bytes: [UInt8], to path: String) throws {
        try prepare(path)
        do {
            // A device such as /dev/stdout cannot be replaced, only written to.
            var status = stat()
            let isSpecial = stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: isSpecial ? [] : .atomic)
        } catch {
            throw cannotWrite(path, error)
        }
    }

    /// Makes the folder of a file that will be written, so that what takes long is not done in vain.
    ///
    /// - Throws: `CommandError.cannotWrite`, also where the file would replace an SQLite database.
    static func prepare(_ path: String) throws {
        try refuseDatabase(path)
        do {
            try FileManager.default.createDirectory(
                at: URL(fileURLWithPath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
        } catch {
            throw cannotWrite(path, error)
        }
    }

    private static func cannotWrite(_ path: String, _ error: any Error) -> CommandError {
        CommandError.cannotWrite(
            path: path,
            reason: (error as NSError).localizedFailureReason ?? "no such folder, no permission or no space")
    }

    /// What an SQLite database begins with.
    private static let databaseHeader = Array("SQLite format 3\0".utf8)

    /// Sees to it that no results file is replaced by a page or a picture, where one name was meant and
    /// another written.
    ///
    /// - Throws: `CommandError.cannotWrite` where the file is an SQLite database.
    static func refuseDatabase(_ path: String) throws {
        // What cannot be read is no results file of whoever asks; writing says what is wrong with it.
        guard let (descriptor, _) = try? RegularFile.open(path) else { return }
        defer { close(descriptor) }
        guard (try? RegularFile.read(descriptor, count: databaseHeader.count)) == databaseHeader else {
            return
        }
        throw CommandError.cannotWrite(
            path: path, reason: "it is an SQLite database, such as a results file, and would be lost")
    }
}
