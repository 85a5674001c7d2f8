import Foundation

/// Where tests put the files they make: a folder of this process alone, removed when the process ends.
///
/// A process that is killed leaves it; the first to ask for a folder a day later removes it.
public enum TestFiles {
    private static let prefix = "fgl-sim-tests-"

    /// The folder, made when it is first asked for.
    public static let folder: URL = {
        let place = FileManager.default.temporaryDirectory
        removeLeftovers(in: place)
        let folder = place.appendingPathComponent("\(prefix)\(getpid())")
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            preconditionFailure("no folder for tests: \(error)")
        }
        atexit { try? FileManager.default.removeItem(at: TestFiles.folder) }
        return folder
    }()

    /// A path in the folder that nothing else uses, ending with `name`.
    public static func path(_ name: String) -> String {
        folder.appendingPathComponent("\(UUID().uuidString)-\(name)").path
    }

    /// Writes a text to a path of its own.
    public static func write(_ text: String, _ name: String) throws -> String {
        let path = path(name)
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    private static func removeLeftovers(in place: URL) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: place.path)) ?? [] {
            guard name.hasPrefix(prefix) else { continue }
            let folder = place.appendingPathComponent(name)
            let attributes = try? FileManager.default.attributesOfItem(atPath: folder.path)
            guard let date = attributes?[.modificationDate] as? Date, date.timeIntervalSinceNow < -86_400
            else { continue }
            try? FileManager.default.removeItem(at: folder)
        }
    }
}
