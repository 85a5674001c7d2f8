import Foundation

/// The captioner that ships with the package.
public enum CaptionerModel {
    /// Its folder, in BLIP-2's layout as transformers writes it.
    ///
    /// `fgl-sim pretrain --captioner` made it from the image world alone; `CaptionerPretraining` says how.
    public static var builtin: URL { ModelResources.folder("builtin-captioner") }
}
