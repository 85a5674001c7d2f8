import Foundation
import Models

/// BLIP-2 checkpoints, each with what transformers computes for it (`expected.safetensors`).
///
/// The folders `blip2-*` under `$FGL_FIXTURES`, and those of other names in `Tests/ModelsTests/Fixtures`.
enum CaptionerFixtures {
    /// The project's own folder of fixtures.
    static let own = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures").path

    /// Folders of the checkpoints.
    static let folders: [String] = {
        let roots = [ProcessInfo.processInfo.environment["FGL_FIXTURES"], own].compactMap { $0 }
        var names: Set<String> = []
        return roots.flatMap { root in
            ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? [])
                .filter { $0.hasPrefix("blip2-") }.sorted()
                .filter { FileManager.default.fileExists(atPath: "\(root)/\($0)/expected.safetensors") }
                .filter { names.insert($0).inserted }.map { "\(root)/\($0)" }
        }
    }()

    /// The checkpoint that comes with a tokenizer.
    static let variant = "\(own)/blip2-variant"

    /// The JSON that a fixture keeps in its metadata.
    static func metadata<Value: Decodable>(_ key: String, _ type: Value.Type) throws -> Value {
        let text = try FoundationFixtures.expected(variant).metadata[key] ?? ""
        return try JSONDecoder().decode(type, from: Data(text.utf8))
    }

    /// An image of the checkpoint that comes with a tokenizer.
    static func image(_ index: Int) throws -> RGBImage {
        let bytes = try FoundationFixtures.expected(variant).tensor(named: "image_\(index)")
        let shape = bytes.shape
        return RGBImage(width: shape[1], height: shape[0], pixels: bytes.integers.map { UInt8($0) })
    }

    /// A shape for tests that want a model in a moment.
    static let configuration = Blip2Configuration(
        vision: .init(imageSide: 10, patchSide: 4, width: 12, hiddenWidth: 20, layers: 2, heads: 3),
        qformer: .init(width: 8, hiddenWidth: 14, layers: 3, heads: 2, crossAttentionFrequency: 2),
        text: .init(vocabularySize: 9, width: 10, hiddenWidth: 16, layers: 2, heads: 2, maximumTokens: 16),
        queryTokens: 3)

    /// Random images for `configuration`, `[count, 3, 10, 10]`.
    static func images(_ count: Int, seed: UInt64) -> Tensor {
        .randomNormal([count, 3, 10, 10], using: TensorGenerator(seed: seed))
    }

    /// A model of `configuration` whose weights are large enough for tokens to differ in likelihood.
    static func model(seed: UInt64, _ configuration: Blip2Configuration = Self.configuration) -> Blip2Model {
        let generator = TensorGenerator(seed: seed)
        let model = Blip2Model(configuration, initializedBy: generator)
        Torch.withoutGradients {
            for entry in model.parameters.entries where entry.tensor.shape.count == 2 {
                entry.tensor.copy(from: .randomNormal(entry.tensor.shape, using: generator))
            }
        }
        return model
    }
}
