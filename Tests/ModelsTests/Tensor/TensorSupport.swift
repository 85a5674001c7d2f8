import Foundation
import Models

/// A float64 tensor of row-major values.
func doubles(_ values: [Double], _ shape: [Int]) -> Tensor {
    values.withUnsafeBytes { Tensor(bytes: $0, shape: shape, type: .float64) }
}

/// Row-major elements of a float64 tensor.
func values(of tensor: Tensor) -> [Double] {
    precondition(tensor.elementType == .float64)
    return [Double](unsafeUninitializedCapacity: tensor.count) { buffer, initialized in
        tensor.copyBytes(to: UnsafeMutableRawBufferPointer(buffer))
        initialized = buffer.count
    }
}

/// Whether two lists agree within `tolerance` times the largest expected magnitude (or times 1, if that is
/// larger).
func agree(_ found: [Float], _ expected: [Double], within tolerance: Double = 1e-6) -> Bool {
    let scale = max(1, expected.map(abs).max() ?? 0)
    return found.count == expected.count
        && zip(found, expected).allSatisfy { abs(Double($0) - $1) <= tolerance * scale }
}

/// `body` with the path of a file that does not exist yet, in a folder that is removed afterwards.
func withTemporaryFile<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("fgl-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder.appendingPathComponent("file.safetensors").path)
}

/// The folder `name` of fixtures: under `$FGL_FIXTURES` if that is set, else beside the tests.
func fixtures(_ name: String) -> URL {
    if let root = ProcessInfo.processInfo.environment["FGL_FIXTURES"], !root.isEmpty {
        return URL(fileURLWithPath: root).appendingPathComponent(name)
    }
    return URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures").appendingPathComponent(name)
}
