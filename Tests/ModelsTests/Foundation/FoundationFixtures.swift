import Foundation
import Models

/// Checkpoints of Stable Diffusion's kind, each with what diffusers computes for it (`expected.safetensors`).
///
/// The folders `stable-diffusion-*` under `$FGL_FIXTURES`, and the small ones in
/// `Tests/ModelsTests/Fixtures`.
enum FoundationFixtures {
    /// Folders of the checkpoints.
    static let folders: [String] = {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let own = tests.appendingPathComponent("Fixtures").path
        let roots = [ProcessInfo.processInfo.environment["FGL_FIXTURES"], own].compactMap { $0 }
        return roots.flatMap { root in
            ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? [])
                .filter { $0.hasPrefix("stable-diffusion-") }.sorted().map { "\(root)/\($0)" }
                .filter { FileManager.default.fileExists(atPath: "\($0)/expected.safetensors") }
        }
    }()

    /// What diffusers computes for the checkpoint in `folder`.
    static func expected(_ folder: String) throws -> SafetensorsFile {
        try SafetensorsFile(path: "\(folder)/expected.safetensors")
    }

    /// The largest absolute difference between elements; infinite where shapes differ or an element is no
    /// number.
    static func difference(_ left: Tensor, _ right: Tensor) -> Double {
        guard left.shape == right.shape else { return .infinity }
        let difference = (left - right).abs().max().item
        return difference.isNaN ? .infinity : difference
    }
}

/// Runs `body` with the settings of a worker thread and without a graph for gradients.
func computing<Result>(_ body: () throws -> Result) rethrows -> Result {
    Torch.prepareThread()
    return try Torch.withoutGradients(body)
}

/// A folder for one test, removed after it.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("foundation-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: url) }
    return try body(url.path)
}
