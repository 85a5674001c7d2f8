import Core
import Foundation

/// How fast this machine did work in former experiments, in a small file beside the images that are kept: the
/// first guess of the time left. A file that cannot be read or written is as good as none.
struct PaceBook {
    private let file: URL

    private struct Contents: Codable {
        var version = 1
        /// Operations a second on one worker, by kind of work and model.
        var paces: [String: Double] = [:]
    }

    /// Entries beyond this number were made by experiments with very many models.
    private static let limit = 1000

    init(folder: URL) { file = folder.appendingPathComponent("paces.json") }

    /// The paces known so far.
    var paces: [String: Double] {
        guard let bytes = try? RegularFile.bytes(of: file.path, limit: 1 << 20),
            let contents = try? JSONDecoder().decode(Contents.self, from: Data(bytes)), contents.version == 1
        else { return [:] }
        return contents.paces.filter { $0.value.isFinite && $0.value > 0 }
    }

    /// Adds what an experiment has measured, or puts it in place of what was known.
    func keep(_ measured: [String: Double]) {
        var paces = paces.merging(measured) { $1 }
        if paces.count > Self.limit { paces = measured }
        guard !measured.isEmpty, let data = try? JSONEncoder().encode(Contents(paces: paces)) else { return }
        try? FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try? data.write(to: file, options: .atomic)
    }
}
