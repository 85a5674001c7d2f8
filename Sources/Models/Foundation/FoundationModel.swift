import Foundation

/// The text-to-image models that ship with the package.
public enum FoundationModel {
    /// Its folder, in diffusers' layout.
    ///
    /// `fgl-sim pretrain` made it from the image world alone; `Pretraining` says how.
    public static var builtin: URL { ModelResources.folder("builtin") }

    /// The folder of the model of this quality.
    ///
    /// - Throws: `FoundationModelError.missingQuality` where none ships.
    public static func folder(of quality: FoundationQuality) throws -> URL {
        let known = FoundationQuality.allCases.filter(\.isShipped)
        guard known.contains(quality) else {
            throw FoundationModelError.missingQuality(
                name: quality.rawValue, known: known.map(\.rawValue))
        }
        return quality.url
    }
}

/// The built-in models: the same code, other sizes, budgets and numbers of objects.
public enum FoundationQuality: String, Sendable, Hashable, CaseIterable {
    /// Fewer channels and half the samples.
    case small = "builtin-small"
    /// The one that scenarios take by default.
    case base = "builtin"
    /// More channels, and half as many images again.
    case large = "builtin-large"
    /// As large as `base`, and trained further on all hundred objects of `WorldClassSet.hundred`.
    case hundred = "builtin-hundred"
    /// As large as `base`, and trained on real photos of ten classes: CIFAR-10's.
    case photos = "builtin-photos"

    /// The model whose weights its training begins with; nil where it begins with random ones.
    public var start: FoundationQuality? { self == .hundred ? .base : nil }

    /// Where its folder is if it ships.
    fileprivate var url: URL { ModelResources.folder(rawValue) }

    /// Whether this package has a model of this quality.
    public var isShipped: Bool {
        FileManager.default.fileExists(atPath: url.appending(path: "model_index.json").path)
    }
}
