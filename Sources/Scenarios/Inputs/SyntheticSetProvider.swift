import Models
import RunLog
import Simulator

/// The synthetic set on disk that the runs of an experiment start from. A replay needs its names alone, which
/// the log has noted; the folder is opened when images are asked for.
struct SyntheticSetProvider: Sendable {
    /// The folder with the manifest.
    let path: String
    /// Names of the classes, by label.
    let classNames: [String]
    /// SHA-256 of the manifest, which pins every image.
    let sha256: String
    private let folder: SyntheticSetFolder?

    /// Opens the folder, so that whatever is wrong with it is told before a run begins.
    ///
    /// - Throws: `DataError`.
    init(path: String) throws {
        let folder = try SyntheticSetFolder(path: UserPath.expanded(path))
        self.path = path
        self.folder = folder
        classNames = folder.classNames
        sha256 = folder.sha256
    }

    /// The set that a log speaks of.
    init(path: String, _ facts: Facts) {
        self.path = path
        folder = nil
        classNames = facts.classNames
        sha256 = facts.sha256
    }

    /// The images of some classes.
    ///
    /// - Throws: `DataError`; `FederationError.inputChanged` where the folder is not the one that the log
    ///   speaks of.
    func images(labels: Set<Int>, side: Int) throws -> ImageSet {
        let folder = try folder ?? SyntheticSetFolder(path: UserPath.expanded(path))
        guard folder.sha256 == sha256 else {
            throw FederationError.inputChanged(what: "the images of the synthetic set \(path)")
        }
        return try folder.images(labels: labels, side: side)
    }
}

extension SyntheticSetProvider {
    /// What the simulation needs to know of a set, as the log keeps it.
    struct Facts: Codable {
        let sha256: String
        let classNames: [String]
    }

    /// What the log keeps.
    var input: RunInput {
        RunInput(
            kind: .syntheticSet, settings: path, sha256: sha256,
            facts: RunInput.text(of: Facts(sha256: sha256, classNames: classNames)))
    }
}
