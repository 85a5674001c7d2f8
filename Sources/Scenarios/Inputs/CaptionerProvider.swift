import Foundation
import Models
import RunLog
import Simulator

/// A captioner of an experiment, shared by its runs; every worker opens a pipeline of its own.
struct CaptionerProvider: Sendable {
    /// The checkpoint, in transformers' layout.
    let folder: URL
    /// A hash of the files that it is loaded from.
    let sha256: String
    /// Floating-point operations of one image and the longest caption that the checkpoint gives.
    let operationsPerImage: Double
    /// The features of its image encoder; nil where the log of a run without them says what it is.
    let features: Features?

    /// What the simulation needs to know of the features of a captioner's image encoder.
    struct Features {
        /// How many an image has.
        let width: Int
        /// Floating-point operations of those of one image.
        let operations: Double
    }

    private let check: FolderCheck

    /// Images that go through the networks together. Fixed, because rounding may depend on it.
    private static let batch = 50

    /// Opens the checkpoint once, so that its errors are thrown before a run begins.
    ///
    /// - Throws: `CaptionerError`, `FoundationModelError`, `SafetensorsError`, `TorchError`.
    init(_ model: Scenario.CaptionerModel) throws {
        let folder = Self.folder(of: model)
        self.folder = folder
        let captioner = try ModelFolder.loaded { try Captioners.open(folder) }
        operationsPerImage = captioner.operations(newTokens: captioner.defaultOptions.maximumNewTokens)
        features = Features(width: captioner.featureWidth, operations: captioner.featureOperations)
        sha256 = try captioner.loadedFiles.sha256()
        check = FolderCheck(isDone: true)
    }

    /// A checkpoint restored from a run log; its files are opened when images are captioned.
    init(_ captioner: Scenario.CaptionerModel, _ facts: Facts) {
        folder = Self.folder(of: captioner)
        sha256 = facts.sha256
        operationsPerImage = facts.operationsPerImage
        if let width = facts.featureWidth, let operations = facts.featureOperations, width > 0 {
            features = Features(width: width, operations: operations)
        } else {
            features = nil
        }
        check = FolderCheck(isDone: false)
    }

    static func folder(of captioner: Scenario.CaptionerModel) -> URL {
        switch captioner {
        case .builtin: CaptionerModel.builtin
        case .folder(let path): URL(fileURLWithPath: UserPath.expanded(path), isDirectory: true)
        }
    }

    /// What the simulation needs to know of a captioner, as the log keeps it.
    struct Facts: Codable {
        let sha256: String
        let operationsPerImage: Double
        /// Logs of versions before there were features have neither of these.
        let featureWidth: Int?
        let featureOperations: Double?
    }

    /// What the log keeps.
    func input(for captioner: Scenario.CaptionerModel) -> RunInput {
        let facts = Facts(
            sha256: sha256, operationsPerImage: operationsPerImage, featureWidth: features?.width,
            featureOperations: features?.operations)
        return RunInput(
            kind: .captioner, settings: captioner.source.text, sha256: sha256, facts: RunInput.text(of: facts)
        )
    }

    /// Describes images on the calling worker.
    ///
    /// - Throws: what `Captioner` throws; `WorkCancelled` where `isCancelled` says so.
    func captions(of images: [Int], in set: ImageSet, isCancelled: () -> Bool) throws -> [String] {
        let pipeline = try checkedPipeline()
        var options = pipeline.defaultOptions
        options.batch = Self.batch
        var captions: [String] = []
        for start in stride(from: 0, to: images.count, by: Self.batch) {
            if isCancelled() { throw WorkCancelled() }
            let chunk = Array(images[start..<min(start + Self.batch, images.count)])
            captions += try pipeline.captions(of: set.subset(chunk), options: options)
        }
        return captions
    }

    /// The features of images of a set on the calling worker, `[N, features.width]`, row by row.
    ///
    /// - Throws: what `Captioner` throws; `WorkCancelled` where `isCancelled` says so.
    func features(of images: [Int], in set: ImageSet, isCancelled: () -> Bool) throws -> [Float] {
        let pipeline = try checkedPipeline()
        var features: [Float] = []
        for start in stride(from: 0, to: images.count, by: Self.batch) {
            if isCancelled() { throw WorkCancelled() }
            let chunk = images[start..<min(start + Self.batch, images.count)]
            features += try pipeline.features(
                of: chunk.map { RGBImage(width: set.side, height: set.side, planar: set.image(at: $0)) })
        }
        return features
    }

    /// The pipeline, with files whose hash is known.
    private func checkedPipeline() throws -> any Captioner {
        let pipeline = try ModelFolder.opened(folder.path, as: (any Captioner).self) {
            try Captioners.open(folder)
        }
        try check.once {
            guard try ModelFolder.matches(pipeline.loadedFiles, knownBy: sha256) else {
                throw FederationError.inputChanged(what: "the files of the captioner \(folder.path)")
            }
        }
        return pipeline
    }
}
