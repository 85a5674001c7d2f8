import Foundation

/// The folders of the models that ship, beside the program.
///
/// SwiftPM's `Bundle.module` ends the process where they are missing. Here the expected path is returned;
/// opening it is an error that names it.
enum ModelResources {
    /// SwiftPM's name for the resources of this target.
    static let bundle = "fgl-sim_Models.resources"

    /// The folder of a model: beside the program, or in the sources that it was built from.
    static func folder(_ name: String) -> URL {
        let shipped = Bundle.main.bundleURL.appending(path: bundle).appending(path: name)
        guard !FileManager.default.fileExists(atPath: shipped.path) else { return shipped }
        let models = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let sources = [
            models.appending(path: "Foundation/\(name)"), models.appending(path: "Captioner/\(name)"),
        ]
        return sources.first { FileManager.default.fileExists(atPath: $0.path) } ?? shipped
    }
}
