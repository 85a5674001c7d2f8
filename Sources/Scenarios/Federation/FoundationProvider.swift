import Crypto
import Foundation
import Models

/// The foundation model of an experiment, shared by its runs; every worker opens a pipeline of its own.
struct FoundationProvider: Sendable {
    /// The checkpoint, in diffusers' layout.
    let folder: URL
    /// A hash of all its files.
    let sha256: String
    private let operations: FoundationOperations

    /// Images that go through the networks together. Fixed, because rounding may depend on it.
    private static let batch = 50

    /// Opens the checkpoint once, so that whatever is wrong with it is told before a run begins.
    ///
    /// - Throws: `FoundationModelError`, `SafetensorsError`.
    init(_ foundation: Scenario.FoundationModel) throws {
        switch foundation {
        case .builtin: folder = Models.FoundationModel.builtin
        case .folder(let path): folder = URL(fileURLWithPath: path, isDirectory: true)
        }
        operations = try TextToImagePipeline(folder: folder).operations
        sha256 = try Self.hash(of: folder)
    }

    /// Floating-point operations of one image with guidance.
    func operationsPerImage(steps: Int) -> Double { operations.image(steps: steps) }

    /// Draws images on the calling worker, `[N, 3, side, side]`.
    ///
    /// - Throws: `FoundationModelError`, `SafetensorsError`; `WorkCancelled` where `isCancelled` says so.
    func images(
        of prompt: String, seeds: [UInt64], settings: Scenario.Synthesis, side: Int, isCancelled: () -> Bool
    ) throws -> [UInt8] {
        let pipeline = try pipeline()
        let options = SamplingOptions(
            steps: settings.steps, guidance: settings.guidance,
            sampler: settings.scheduler == .checkpoint ? nil : settings.scheduler.rawValue, batch: Self.batch)
        var pixels: [UInt8] = []
        for start in stride(from: 0, to: seeds.count, by: Self.batch) {
            if isCancelled() { throw WorkCancelled() }
            let chunk = Array(seeds[start..<min(start + Self.batch, seeds.count)])
            pixels += try pipeline.images(
                prompts: Array(repeating: prompt, count: chunk.count), seeds: chunk, options: options)
        }
        return pipeline.imageSide == side ? pixels : Self.resized(pixels, from: pipeline.imageSide, to: side)
    }

    private static func resized(_ pixels: [UInt8], from: Int, to side: Int) -> [UInt8] {
        let bytes = 3 * from * from
        return stride(from: 0, to: pixels.count, by: bytes).flatMap { start in
            Resize.planarSquare(
                RGBImage(width: from, height: from, planar: Array(pixels[start..<start + bytes])), side: side)
        }
    }

    /// The calling thread's pipeline for this folder, opened when first needed.
    private func pipeline() throws -> TextToImagePipeline {
        let key = "fgl-sim pipeline \(folder.path)"
        if let known = Thread.current.threadDictionary[key] as? TextToImagePipeline { return known }
        let pipeline = try TextToImagePipeline(folder: folder)
        Thread.current.threadDictionary[key] = pipeline
        return pipeline
    }

    /// SHA-256 over the paths and contents of all files, in the order of the paths.
    private static func hash(of folder: URL) throws -> String {
        let root = folder.resolvingSymlinksInPath().path
        let names = (FileManager.default.enumerator(atPath: root)?.allObjects as? [String] ?? []).sorted()
        var hash = SHA256()
        for name in names {
            guard
                let file = try? Data(
                    contentsOf: URL(fileURLWithPath: root).appendingPathComponent(name),
                    options: .alwaysMapped)
            else { continue }
            hash.update(data: Array("\(name) \(file.count)\n".utf8))
            hash.update(data: file)
        }
        return hash.finalize().hexadecimal
    }
}
