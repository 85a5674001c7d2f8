import Core
import Foundation
import Results
import Scenarios

/// The pictures that belong to a results file: contact sheets that `synthesize` drew.
enum PictureFolder {
    /// The pictures of a folder by name, as far as they fit into `most` bytes; the rest is told on stderr.
    ///
    /// - Parameters:
    ///   - folder: `nil` for the one beside the results, which need not be there.
    ///   - isQuiet: whether nothing is told.
    /// - Throws: `CommandError.cannotRead`.
    static func pictures(in folder: String?, forResults file: String, most: Int, isQuiet: Bool = false)
        throws -> [Report.Image]
    {
        let path = folder ?? Report.imageFolder(forResults: file)
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
        } catch {
            if folder == nil { return [] }
            throw CommandError.cannotRead(path: path, reason: "no such folder, or no permission")
        }
        var room = most
        var pictures: [Report.Image] = []
        for name in names
        where ["png", "jpg", "jpeg"].contains(URL(fileURLWithPath: name).pathExtension.lowercased()) {
            let picture = URL(fileURLWithPath: path).appendingPathComponent(name)
            let bytes: [UInt8]
            do throws(RegularFile.Failure) {
                bytes = try RegularFile.bytes(of: picture.path, limit: room)
            } catch .tooLarge {
                if !isQuiet {
                    Terminal.standardError.write(
                        "\(picture.path): left out, as pictures have \(most >> 20) MiB in all\n")
                }
                continue
            } catch {
                throw CommandError.cannotRead(path: picture.path, reason: "\(error)")
            }
            room -= bytes.count
            pictures.append(
                Report.Image(name: picture.deletingPathExtension().lastPathComponent, bytes: bytes))
        }
        return pictures
    }
}
