import Foundation

/// The text-to-image model that ships with the package.
public enum FoundationModel {
    /// Its folder, in diffusers' layout.
    ///
    /// `fgl-sim pretrain` made it from the image world alone; `Pretraining` says how.
    public static var builtin: URL { Bundle.module.bundleURL.appending(path: "builtin") }
}
