import Core
import Foundation
import Synchronization

/// A PyTorch module in a TorchScript file, opened once and copied for every network.
///
/// What was found out about it (`Facts`) can be stored; the file is then opened when the first network is
/// made.
public final class ScriptedModule: Sendable {
    /// Where the file is.
    public let path: String
    /// What is known of it.
    public let facts: Facts
    private let loaded: Mutex<ModuleHandle?>

    /// What a log needs to know of a module, to play a run again without the file.
    public struct Facts: Codable, Sendable, Hashable {
        /// SHA-256 of the file.
        public let sha256: String
        /// The number of logits.
        public let classes: Int
        /// Height and width of the images on which it was tried, in pixels.
        public let side: Int
        /// Floating-point operations of a forward pass of one such image: those of convolutions and matrix
        /// products, a multiply-add as two.
        public let forwardOperations: Int
        /// The names of the state dict, in its order.
        public let names: [String]
        /// The shapes of the tensors.
        public let shapes: [[Int]]

        /// The state dict.
        var layout: [Safetensors.Declaration] {
            zip(names, shapes).map { name, shape in
                let counts = Safetensors.Declaration(name: name, shape: shape, type: .int64)
                return counts.part == .counts
                    ? counts : Safetensors.Declaration(name: name, shape: shape, type: .float32)
            }
        }
    }

    /// Opens a file and tries the module on images of zeros: one, two in training, and three.
    ///
    /// - Parameters:
    ///   - path: A file that `torch.jit.save` wrote.
    ///   - classes: How many logits an image must get.
    ///   - side: Height and width of the images, in pixels.
    /// - Throws: `TorchScriptError`; `TorchError` where libtorch cannot be loaded.
    public init(path: String, classes: Int, side: Int) throws {
        let bytes = try Self.read(path)
        try Torch.load()
        let handle = try ModuleHandle(loading: bytes, path: path)
        let tensors = try handle.stateTensors(path: path)
        let counted = try handle.tried(path: path, classes: classes, side: side)
        self.path = path
        facts = Facts(
            sha256: Self.sha256(of: bytes), classes: classes, side: side,
            forwardOperations: counted, names: tensors.map(\.name),
            shapes: tensors.map(\.tensor.shape))
        loaded = Mutex(handle)
    }

    /// A module of which a log has the facts.
    public init(path: String, facts: Facts) {
        self.path = path
        self.facts = facts
        loaded = Mutex(nil)
    }

    /// A module with the weights of the file, of its own memory.
    ///
    /// - Throws: `TorchScriptError`.
    func makeCopy() throws -> ModuleHandle {
        try loaded.withLock { loaded in
            if loaded == nil {
                let bytes = try Self.read(path)
                guard Self.sha256(of: bytes) == facts.sha256 else {
                    throw TorchScriptError.changedFile(path: path)
                }
                try Torch.load()
                loaded = try ModuleHandle(loading: bytes, path: path)
            }
            return loaded!.copy()
        }
    }

    /// The most bytes that are read.
    private static let byteLimit = 4 << 30

    private static func read(_ path: String) throws(TorchScriptError) -> [UInt8] {
        let bytes: [UInt8]
        do throws(RegularFile.Failure) {
            bytes = try RegularFile.bytes(of: path, limit: byteLimit)
        } catch {
            throw .unreadableFile(path: path, reason: "\(error)")
        }
        if let found = foreignContent(bytes) { throw .foreignContent(path: path, found: found) }
        return bytes
    }

    /// What a file is that cannot be TorchScript, a zip archive with code; `nil` where it may be.
    private static func foreignContent(_ bytes: [UInt8]) -> String? {
        if bytes.isEmpty { return "an empty file" }
        if let pointer = ForeignContent.pointer(bytes) { return pointer }
        guard bytes.starts(with: Array("PK\u{3}\u{4}".utf8)) else { return "a file of another format" }
        if contains("/code/", in: bytes) { return nil }
        return contains("/data.pkl", in: bytes) ? "what torch.save wrote" : "another zip archive"
    }

    /// Whether a text stands in the list of a zip archive's files, which is its end.
    private static func contains(_ text: String, in bytes: [UInt8]) -> Bool {
        Data(bytes.suffix(1 << 20)).range(of: Data(text.utf8)) != nil
    }

    private static func sha256(of bytes: [UInt8]) -> String { SHA256.hash(data: bytes).hexadecimal }
}
